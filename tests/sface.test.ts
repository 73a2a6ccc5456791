import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrateFaceModel } from '../evals/calibrate/calibrate-face-model.ts';
import { describeFaceModels } from '../src/compose/operator.ts';
import { type Config, loadConfig } from '../src/config/index.ts';
import { SFACE_FILE } from '../src/vision/embed/sface.ts';
import { createFaceEngine, type FaceEngine } from '../src/vision/face-engine.ts';
import { fetchSamplePhotos } from '../src/vision/models/index.ts';
import { openPackInstaller, openPackStore, type PackManifest } from '../src/vision/packs/index.ts';
import { calibrationOfScores } from '../src/vision/recipe/measure-calibration.ts';
import { noVision, type VisionPool } from '../src/vision/workers/index.ts';
import { type WiredHouse, wire } from './builders/open-house.ts';
import { installTinySface } from './builders/sface-pack.ts';
import { openTestModels, testModelsDir } from './setup/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'likeness-sface-'));
const modelsDir = join(folder, 'models');
let engine: FaceEngine;
let vision: VisionPool;
let manifest: PackManifest;
let photo: Buffer;

beforeAll(async () => {
  manifest = await installTinySface(modelsDir);
  const packs = openPackStore({ modelsDir, manifest });
  engine = await createFaceEngine({ models: await openTestModels(), readSface: () => packs.load('sface', SFACE_FILE) });
  vision = { ...noVision(), detect: engine.detect, embed: engine.embed, crop: engine.crop };
  const [first] = await fetchSamplePhotos(testModelsDir());
  photo = await sharp(readFileSync(first as string))
    .resize(640)
    .jpeg()
    .toBuffer();
}, 60_000);
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

const configOf = (profile: string, models = modelsDir): Config =>
  loadConfig({
    env: {
      LIKENESS_DATA_DIR: join(folder, 'data'),
      LIKENESS_TRUST_DIR: join(folder, 'trust'),
      LIKENESS_MODELS_DIR: models,
      LIKENESS_PROFILE: profile,
    },
    cwd: folder,
  });

/** What answers hold that is looked at here. */
interface Told {
  readonly FaceDetails?: readonly unknown[];
  readonly FaceRecords?: readonly { readonly Face: { readonly FaceId: string } }[];
  readonly FaceMatches?: readonly { readonly Similarity: number; readonly Face: { readonly FaceId: string } }[];
  readonly Faces?: readonly { readonly FaceId: string }[];
  readonly DeletedFaces?: readonly string[];
  readonly calibrations?: readonly unknown[];
}

/** Opens a house, as a server with this profile would be started over the same folder, and closes it after. */
async function served<T>(
  profile: string,
  run: (ask: (operation: string, request: unknown) => Promise<Told>, house: WiredHouse) => Promise<T>,
): Promise<{ readonly result: T; readonly notices: readonly string[] }> {
  const notices: string[] = [];
  const house = await wire(configOf(profile), {
    vision,
    packManifest: manifest,
    onNotice: (notice) => notices.push(notice),
  });
  const ask = async (operation: string, request: unknown) => {
    const { signal } = new AbortController();
    const call = { requestId: randomUUID(), caller: house.localCaller, operation, request, signal };
    return (await house.dispatch(call)).response as Told;
  };
  try {
    return { result: await run(ask, house), notices };
  } finally {
    await house.close();
  }
}

const Image = () => ({ Bytes: new Uint8Array(photo) });
const toCalibrate = {
  code: 'InvalidParameterException',
  message: expect.stringContaining('npm run calibrate:faces -- --pairs'),
};

/** A fit on made-up scores, recorded as the command records one. */
async function recordCalibration(): Promise<void> {
  const count = 230_000;
  const impostors = Float32Array.from({ length: count }, (_, i) => 0.5 - Math.log10((i + 0.5) / count) / 20);
  const data = calibrationOfScores(
    { impostors, genuine: new Float32Array(300).fill(0.9), people: 700 },
    {
      format: 1,
      modelVersion: '2.0',
      dimensions: 128,
      date: '2026-01-01',
      measuredOn: {
        dataSet: 'made-up scores',
        images: 700,
        people: 700,
        impostorPairs: count,
        genuinePairs: 300,
        labelErrorsLeftOut: 0,
        method: 'by hand',
      },
      doesNotCover: ['everybody'],
    },
  );
  const installer = openPackInstaller({ modelsDir, manifest });
  await installer.recordProduct('sface', 'calibration.json', Buffer.from(JSON.stringify(data)));
}

describe('the face model of the pack sface', () => {
  it('refuses the start where its pack is not installed', async () => {
    await expect(wire(configOf('sface', join(folder, 'empty')))).rejects.toThrow('likeness models pull sface');
    const [, , missing] = await describeFaceModels(configOf('sface', join(folder, 'empty')));
    expect(missing).toMatchObject({ version: '2.0', text: expect.stringContaining('likeness models pull sface') });
  });

  it('tells no similarity before it is calibrated, and moves no collection to it', async () => {
    const { notices } = await served('sface', async (ask) => {
      await expect(ask('CreateCollection', { CollectionId: 'album' })).rejects.toMatchObject(toCalibrate);
      await expect(ask('CompareFaces', { SourceImage: Image(), TargetImage: Image() })).rejects.toMatchObject(
        toCalibrate,
      );
      await expect(ask('GetCalibration', { faceModelVersion: '2.0' })).rejects.toMatchObject(toCalibrate);
      expect((await ask('GetCalibration', {})).calibrations).toHaveLength(2);
      expect((await ask('DetectFaces', { Image: Image() })).FaceDetails).not.toEqual([]);
    });
    expect(notices).toContainEqual(expect.stringContaining('npm run calibrate:faces'));
    await served('fast', async (ask) => {
      await ask('CreateCollection', { CollectionId: 'album' });
      await ask('IndexFaces', { CollectionId: 'album', Image: Image() });
      await expect(ask('BeginReembedding', { collectionId: 'album', faceModelVersion: '2.0' })).rejects.toMatchObject(
        toCalibrate,
      );
    });
  });

  it('is not calibrated on a handful of pairs', async () => {
    const images = join(folder, 'pairs');
    for (const [i, name] of ['a.jpg', 'b.jpg', 'c.jpg'].entries()) {
      const turned = await sharp(photo)
        .modulate({ brightness: 1 + i / 10 })
        .jpeg()
        .toBuffer();
      writeFileSync(join(folder, name), turned);
    }
    writeFileSync(images, 'fold\tsame\ta\tb\n0\t1\ta.jpg\tb.jpg\n0\t0\ta.jpg\tc.jpg\n');
    const seen: number[] = [];
    const calibrate = (pairsFile: string) =>
      calibrateFaceModel(
        configOf('fast'),
        {
          pairsFile,
          imagesFolder: folder,
          dataSet: undefined,
          onProgress: (done) => seen.push(done),
          signal: new AbortController().signal,
        },
        { embedder: engine, packManifest: manifest },
      );
    await expect(calibrate(images)).rejects.toThrow(/1 pairs of different people, .*299 more/);
    expect(seen).toEqual([1, 2, 3]);
    writeFileSync(images, 'fold\tsame\ta\tb\n0\t1\ta.jpg\tgone.jpg\n');
    await expect(calibrate(images)).rejects.toThrow(/gone\.jpg/);
  });

  it('answers for its collections once it is calibrated, and takes over others', async () => {
    await recordCalibration();
    const { notices } = await served('sface', async (ask, house) => {
      expect(house.faceModels.versions).toEqual(['1.0', '1.1', '2.0']);
      const { calibrations } = await ask('GetCalibration', { faceModelVersion: '2.0' });
      expect(calibrations).toMatchObject([{ faceModelVersion: '2.0', doesNotCover: ['everybody'] }]);
      expect(await ask('CreateCollection', { CollectionId: 'own' })).toMatchObject({ FaceModelVersion: '2.0' });
      const { FaceRecords = [] } = await ask('IndexFaces', { CollectionId: 'own', Image: Image() });
      const found = await ask('SearchFacesByImage', { CollectionId: 'own', Image: Image() });
      expect(found).toMatchObject({ FaceModelVersion: '2.0' });
      expect(FaceRecords.map(({ Face }) => Face.FaceId)).toContain(found.FaceMatches?.[0]?.Face.FaceId);
      expect(found.FaceMatches?.[0]?.Similarity).toBeGreaterThan(99);

      await ask('BeginReembedding', { collectionId: 'album', faceModelVersion: '2.0' });
      await ask('ReembedImage', { collectionId: 'album', image: photo.toString('base64') });
      await ask('FinishReembedding', { collectionId: 'album', faceModelVersion: '2.0' });
      const moved = await ask('SearchFacesByImage', { CollectionId: 'album', Image: Image() });
      expect(moved).toMatchObject({ FaceModelVersion: '2.0' });
      expect(moved.FaceMatches?.[0]?.Similarity).toBeGreaterThan(99);
    });
    expect(notices.join()).not.toContain('calibrate');
  });

  it('lets faces of its collections be deleted where the pack is no more, and names the pack for the rest', async () => {
    await openPackInstaller({ modelsDir, manifest }).remove('sface');
    await served('fast', async (ask) => {
      await expect(ask('SearchFacesByImage', { CollectionId: 'own', Image: Image() })).rejects.toMatchObject({
        code: 'InvalidParameterException',
        message: expect.stringContaining('likeness models pull sface'),
      });
      const { Faces = [] } = await ask('ListFaces', { CollectionId: 'own' });
      const FaceIds = Faces.map(({ FaceId }) => FaceId);
      expect((await ask('DeleteFaces', { CollectionId: 'own', FaceIds })).DeletedFaces).toHaveLength(FaceIds.length);
    });
  });
});
