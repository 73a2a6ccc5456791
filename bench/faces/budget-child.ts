import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWireCodec } from '../../src/edge/wire/codec.ts';
import { decodeImage, decodeRegion, defaultImageLimits } from '../../src/media/index.ts';
import { sha256Hex } from '../../src/shared/canonical-json.ts';
import { imageDigest, imageIdOf } from '../../src/shared/image-id.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { openStores, type Stores } from '../../src/stores/index.ts';
import { type Pyramid, pyramidOf } from '../../src/vision/align/raster.ts';
import { findAllFaces, findLargestQuickly } from '../../src/vision/detect/find-faces.ts';
import { type FoundFace, followFace } from '../../src/vision/detect/mesh-faces.ts';
import { dlibFeatures, faceresOutputs } from '../../src/vision/embed/features.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { measurePhoto } from '../../src/vision/photo.ts';
import { openRecipe } from '../../src/vision/recipe/constants.ts';
import { type ProfileName, profiles } from '../../src/vision/recipe/profiles.ts';
import { templateOf } from '../../src/vision/recipe/template.ts';
import { type Net, openNet } from '../../src/vision/sessions/net.ts';
import { openVisionPool, type VisionPool } from '../../src/vision/workers/index.ts';
import { storeKeys } from '../../tests/stores/store-keys.ts';
import { serveChild } from '../shared/child.ts';

/** Asks what an operation spends on one photo. */
export interface BudgetQuestion {
  readonly operation: 'SearchFacesByImage' | 'IndexFaces';
  readonly profile: ProfileName;
  readonly modelsDir: string;
  readonly photo: Uint8Array;
  readonly rounds: number;
}

/** Milliseconds of each step in each round, in the order of the steps; and of the worker's whole task. */
export interface BudgetAnswer {
  readonly steps: readonly (readonly [step: string, ms: readonly number[]])[];
  /** From handing the image to the pool to its answer. */
  readonly pooledMs: readonly number[];
  readonly faces: number;
}

const { signal } = new AbortController();
const limits = defaultImageLimits;
/** As the engine has them; see face-engine.ts. */
const MAX_DECODED_SIDE = 5760;
const QUICK_SIDE = 800;
const FULL_DETAIL_HEIGHT = 140;
const DETAIL_SIDE = 2.75;
/** Rounds that are not counted: code is compiled and nets are laid out. */
const WARM_UP = 4;

serveChild<BudgetQuestion, BudgetAnswer>(async (question) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'likeness-bench-'));
  const stores = await openStores({ dataDir, keys: storeKeys, clock: Date.now });
  const pool = openVisionPool({
    entry: join(packageRoot(), 'dist', 'vision', 'workers', 'worker.js'),
    settings: { modelsDir: question.modelsDir, profile: question.profile },
    workers: 1,
    queueLimit: 2,
    taskTimeoutMs: 60_000,
    workerMemoryBytes: 2 ** 32,
  });
  try {
    await pool.ready();
    return await takeApart(question, stores, pool);
  } finally {
    await pool.close();
    await stores.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

async function openNets(
  modelsDir: string,
): Promise<Record<'faceboxes' | 'blazeface' | 'facemesh' | 'iris' | 'dlib' | 'faceres', Net>> {
  const store = openModelStore({ modelsDir });
  const open = async (id: string): Promise<Net> => openNet((await store.load(id)).bytes);
  return {
    faceboxes: await open('faceboxes'),
    blazeface: await open('blazeface-back'),
    facemesh: await open('facemesh'),
    iris: await open('iris'),
    dlib: await open('dlib-recognition'),
    faceres: await open('faceres'),
  };
}

async function takeApart(question: BudgetQuestion, stores: Stores, pool: VisionPool): Promise<BudgetAnswer> {
  const { operation, photo, rounds } = question;
  const profile = profiles[question.profile];
  const nets = await openNets(question.modelsDir);
  const recipe = openRecipe(profile.name);
  const codec = createWireCodec();
  const body = Buffer.from(
    JSON.stringify({ CollectionId: 'c', Image: { Bytes: Buffer.from(photo).toString('base64') } }),
  );
  await stores.collections.createCollection({
    id: 'c',
    purpose: 'photo-library',
    modelVersion: profile.modelVersion,
    dimensions: profile.dimensions,
    tags: {},
    createdAtMs: 0,
  });
  const taken = new Map<string, number[]>();
  const pooledMs: number[] = [];
  let faces = 0;
  let sequence = 0;

  for (let round = -WARM_UP; round < rounds; round++) {
    const keep = (step: string, ms: number): void => {
      if (round >= 0) taken.set(step, [...(taken.get(step) ?? []), ms]);
    };
    const timed = async <T>(step: string, run: () => Promise<T> | T): Promise<T> => {
      const start = performance.now();
      const result = await run();
      keep(step, performance.now() - start);
      return result;
    };
    const record = (step: string): Promise<unknown> =>
      timed(step, () =>
        stores.audit.append(() => ({ sequence: ++sequence, previousHash: '', hash: '', body: '{"kind":"bench"}' })),
      );

    await timed('hash the body for its signature', () => sha256Hex(body));
    await timed('parse the request, image out of base64', () => codec.readRequest(operation, body));
    // An array of this round's own, as each request has: an array is hashed once.
    const sent = photo.slice();
    await timed("image id and probe's keyed hash", () => {
      imageIdOf(sent);
      createHmac('sha256', 'bench').update(imageDigest(sent)).digest();
    });
    await record('audit: the decision, durable');
    const pooled = performance.now();
    const find = operation === 'IndexFaces' ? 'all' : 'largest';
    await pool.embed(
      { bytes: photo },
      {
        modelVersion: profile.modelVersion,
        find,
        maxFaces: find === 'all' ? 100 : 1,
        keep: find === 'all' ? 'best' : 'largest',
        qualityFilter: 'NONE',
        attributes: new Set(),
      },
      signal,
    );
    if (round >= 0) pooledMs.push(performance.now() - pooled);

    const seen = await (find === 'all' ? seeAll() : seeLargest());
    const measured = await timed('measure: landmarks, pose, quality', () =>
      measurePhoto(nets, seen.pyramid, seen.faces, false, signal),
    );
    const meshes = measured.faces.map(({ anatomy }) => anatomy.mesh);
    // Side by side, as the engine runs them.
    const both = profile.nets.includes('faceres');
    const [dlib, other] = await timed(`embed with dlib${both ? ' and faceres' : ''}, chip and mirror`, () =>
      Promise.all([
        dlibFeatures(nets.dlib, seen.pyramid, meshes, signal),
        both ? faceresOutputs(nets.faceres, seen.pyramid, meshes, signal) : undefined,
      ]),
    );
    const templates = await timed('recipe to templates', () =>
      dlib.map((feature, i) => {
        const second = other?.[i];
        return templateOf(recipe, { dlib: feature, ...(second && { faceres: second.feature }) });
      }),
    );
    faces = templates.length;
    if (operation === 'IndexFaces') {
      await timed('store: rows, vectors and commit', () =>
        stores.collections.addFaces('c', {
          imageId: randomUUID(),
          modelVersion: profile.modelVersion,
          maxFaces: 1e9,
          faces: templates.map((template, i) => ({
            faceId: randomUUID(),
            box: { left: i / 100, top: 0, width: 0.1, height: 0.1 },
            confidence: 99,
            template,
          })),
        }),
      );
    }
    await record('audit: the outcome, durable');

    async function seeAll(): Promise<{ pyramid: Pyramid; faces: readonly FoundFace[] }> {
      const image = await timed('decode in full', () => decodeImage(photo, { limits, maxSide: MAX_DECODED_SIDE }));
      const pyramid = pyramidOf(image);
      await timed('halve the image', () => pyramid.level(pyramid.levels - 1));
      const found = await timed('find all faces', () => findAllFaces(nets, pyramid, signal, profile.effort));
      return { pyramid, faces: found };
    }

    async function seeLargest(): Promise<{ pyramid: Pyramid; faces: readonly FoundFace[] }> {
      const image = await timed(`decode, shrunk to ${QUICK_SIDE} pixels`, () =>
        decodeImage(photo, { limits, maxSide: QUICK_SIDE }),
      );
      const pyramid = pyramidOf(image);
      const face = await timed('find the largest face', () => findLargestQuickly(nets, pyramid, signal));
      if (face === undefined) throw new Error('the quick look was not sure of a face in the photo of the budget');
      const { x0, y0, x1, y1 } = face.box;
      if (y1 - y0 >= FULL_DETAIL_HEIGHT) return { pyramid, faces: [face] };
      const side = DETAIL_SIDE * Math.max(x1 - x0, y1 - y0);
      const part = await timed('decode around the face, in full', () =>
        decodeRegion(
          photo,
          {
            left: (x0 + x1 + 1 - side) / 2 / pyramid.width,
            top: (y0 + y1 + 1 - side) / 2 / pyramid.height,
            width: side / pyramid.width,
            height: side / pyramid.height,
          },
          { limits, maxSide: MAX_DECODED_SIDE },
        ),
      );
      const detailed = pyramidOf(part);
      const there = { scale: part.frame.width / pyramid.width, x: part.frame.x, y: part.frame.y };
      const followed = await timed('follow the face there', () =>
        followFace(nets.facemesh, detailed, face, there, signal),
      );
      return { pyramid: detailed, faces: [followed] };
    }
  }
  return { steps: [...taken], pooledMs, faces };
}
