/**
 * What the gate costs: SearchFacesByImage as the server runs it (rules, grant, enforcement, two audit records on disk)
 * against the same operation handed raw capabilities, with no gate and no audit. Both in one process, on the same
 * collection and photo, by turns in random order. Reports medians and their ratio; compare ratios, not machines.
 *
 * Options: --calls N (of each kind, default 60), --profile accurate|fast, --limit PERCENT (exit code 1 above it).
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { searchFacesByImage } from '../src/areas/faces/index.ts';
import { createImageReader } from '../src/compose/image-reader.ts';
import { type WiredHouse, wire } from '../src/compose/wire.ts';
import { loadConfig, readEnvironment } from '../src/config/index.ts';
import type { CollectionReader, FaceSearch } from '../src/governance/index.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { fetchSamplePhotos } from '../src/vision/models/index.ts';
import { describeMachine } from './shared/machine.ts';
import { openProgress } from './shared/progress.ts';
import { percentile, seededRandom, summarise } from './shared/stats.ts';
import { table } from './shared/table.ts';

const collectionId = 'bench';
const strangers = 500;
const warmUp = 5;

/** The operation without gate, grant, enforcement and audit: what it would be given where nobody watches. */
async function ungoverned(house: WiredHouse): Promise<(request: object, signal: AbortSignal) => Promise<unknown>> {
  const { stores, vision, config } = house;
  const record = await stores.collections.findCollection(collectionId);
  if (record === undefined) throw new Error('the collection is not there');
  const calibration = house.faceModels.calibration(record.modelVersion);
  const faceSearch = {
    searchFaces: async (probe, { threshold, ...rest }, signal) =>
      (
        await stores.collections.searchFaces(collectionId, probe, {
          ...rest,
          minScore: calibration.scoreOf(threshold),
          signal,
        })
      ).map((hit) => ({ ...hit, similarity: calibration.similarityOf(hit.score) })),
  } satisfies Partial<FaceSearch> as unknown as FaceSearch;
  const images = createImageReader({
    objects: { read: async () => new Uint8Array() },
    maxInlineBytes: config.imageLimits.maxBytes,
    maxObjectBytes: config.imageLimits.maxObjectBytes,
  });
  const granted = {
    images,
    faceEmbedder: vision,
    collectionReader: { record } as CollectionReader,
    faceSearch,
  };
  return (request, signal) =>
    searchFacesByImage.run(request as never, granted, { requestId: randomUUID(), purpose: record.purpose, signal });
}

async function fill(house: WiredHouse, photo: Uint8Array): Promise<void> {
  const call = (operation: string, request: object) =>
    house.dispatch({
      requestId: randomUUID(),
      caller: house.localCaller,
      operation,
      request,
      signal: new AbortController().signal,
    });
  await call('CreateCollection', { CollectionId: collectionId });
  await call('IndexFaces', { CollectionId: collectionId, Image: { Bytes: photo } });
  const record = await house.stores.collections.findCollection(collectionId);
  if (record === undefined) throw new Error('the collection is not there');
  const random = seededRandom(7);
  const { dimensions } = house.faceModels.calibration(record.modelVersion);
  const faces = Array.from({ length: strangers }, () => {
    const vector = Float32Array.from({ length: dimensions }, () => random() + random() + random() - 1.5);
    const length = Math.hypot(...vector);
    const box = { left: 0.4, top: 0.4, width: 0.2, height: 0.2 };
    return { faceId: randomUUID(), box, confidence: 99, template: vector.map((x) => x / length) };
  });
  await house.stores.collections.addFaces(collectionId, {
    imageId: randomUUID(),
    modelVersion: record.modelVersion,
    maxFaces: 100_000,
    faces,
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function measure(house: WiredHouse, photo: Uint8Array, calls: number) {
  const raw = await ungoverned(house);
  const request = { CollectionId: collectionId, Image: { Bytes: photo }, MaxFaces: 5 };
  const { signal } = new AbortController();
  const kinds = {
    with: () =>
      house.dispatch({
        requestId: randomUUID(),
        caller: house.localCaller,
        operation: 'SearchFacesByImage',
        request,
        signal,
      }),
    without: () => raw(request, signal),
  };
  for (let i = 0; i < warmUp; i += 1) {
    await kinds.with();
    await kinds.without();
  }
  const random = seededRandom(13);
  const samples = { with: [] as number[], without: [] as number[] };
  const progress = openProgress(calls, 'SearchFacesByImage');
  for (let i = 0; i < calls; i += 1) {
    for (const kind of random() < 0.5 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
      samples[kind].push(await timed(kinds[kind]));
    }
    progress.step('SearchFacesByImage');
  }
  progress.stop();
  return samples;
}

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '60' },
    profile: { type: 'string', default: 'accurate' },
    limit: { type: 'string' },
  },
});
// The workers run the compiled server.
const prepare = (await import(pathToFileURL(join(packageRoot(), 'scripts', 'prepare.mjs')).href)) as {
  ensureBuilt(): void;
};
prepare.ensureBuilt();
const dataDir = mkdtempSync(join(tmpdir(), 'likeness-bench-governance-'));
try {
  const config = loadConfig({
    env: {
      ...readEnvironment(),
      LIKENESS_DATA_DIR: join(dataDir, 'data'),
      LIKENESS_PROFILE: options.profile,
      LIKENESS_WORKERS: '1',
    },
    cwd: process.cwd(),
  });
  const [path = ''] = await fetchSamplePhotos(config.modelsDir);
  const photo = readFileSync(path);
  const house = await wire(config, { onNotice: (notice) => console.error(notice) });
  try {
    await house.vision.ready();
    await fill(house, photo);
    const machine = describeMachine();
    const samples = await measure(house, photo, Number(options.calls));
    const [governed, bare] = [summarise(samples.with), summarise(samples.without)];
    const differences = samples.with.map((ms, i) => ms - (samples.without[i] ?? Number.NaN));
    const ratio = governed.p50 / bare.p50;
    const paired = percentile(differences, 0.5) / bare.p50;
    const row = (name: string, { p50, p95, min }: typeof governed) => [
      name,
      p50.toFixed(1),
      p95.toFixed(1),
      min.toFixed(1),
    ];
    console.log(
      `${machine.cores} x ${machine.cpu}, Node ${machine.node}, load ${machine.load.toFixed(1)} before and ${describeMachine().load.toFixed(1)} after; profile ${options.profile}, ${photo.length} bytes, ${strangers} faces and those of the photo, ${options.calls} calls of each kind`,
    );
    console.log(
      table(
        ['SearchFacesByImage, ms', 'p50', 'p95', 'least'],
        [row('without governance', bare), row('with governance', governed)],
      ),
    );
    console.log(
      `ratio of medians ${ratio.toFixed(3)}; median of the paired differences ${(100 * paired).toFixed(1)} % of the median without`,
    );
    if (options.limit !== undefined && 100 * (ratio - 1) > Number(options.limit)) process.exitCode = 1;
  } finally {
    await house.close();
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
