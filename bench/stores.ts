/**
 * What the stores cost: commits, inserts, opening and erasing, with fixed seeds. Reports medians and 95th percentiles of
 * one run on this machine; compare ratios, not machines. Searching is measured by `npm run bench:search`.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '../src/stores/index.ts';
import { drawRotation } from '../src/stores/sqlite/rotation.ts';
import { seededRandom, unitVector, uuid } from '../tests/stores/builders.ts';
import { storeKeys } from '../tests/stores/store-keys.ts';

const DIMENSIONS = 128;

function percentile(samples: readonly number[], share: number): string {
  const sorted = [...samples].sort((a, b) => a - b);
  return (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(2);
}

async function timed(times: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work(i);
    samples.push(performance.now() - start);
  }
  return samples;
}

function report(what: string, samples: readonly number[], more = ''): void {
  console.log(`${what.padEnd(44)} p50 ${percentile(samples, 0.5)} ms   p95 ${percentile(samples, 0.95)} ms   ${more}`);
}

async function benchRows(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'likeness-bench-'));
  const random = seededRandom(1);
  let face = 0;
  const image = (faces: number) => ({
    imageId: uuid(10_000_000 + face),
    externalImageId: `photo-${face}`,
    modelVersion: '1.0',
    maxFaces: 1e9,
    faces: Array.from({ length: faces }, () => ({
      faceId: uuid(Math.floor(random() * 2 ** 24) * 2 ** 24 + face++),
      box: { left: random(), top: random(), width: 0.1, height: 0.1 },
      confidence: 99.5,
      template: unitVector(random, DIMENSIONS),
    })),
  });
  try {
    let stores = await openStores({ dataDir, clock: Date.now, keys: storeKeys });
    const collection = { id: 'c', purpose: 'p', modelVersion: '1.0', dimensions: DIMENSIONS, tags: {}, createdAtMs: 0 };
    await stores.collections.createCollection(collection);
    const singles = Array.from({ length: 500 }, () => image(1));
    report(
      'add one face, one commit',
      await timed(500, (i) => stores.collections.addFaces('c', singles[i] ?? image(1))),
    );
    const batches = Array.from({ length: 995 }, () => image(100));
    const start = performance.now();
    await timed(batches.length, (i) => stores.collections.addFaces('c', batches[i] ?? image(100)));
    const rate = (batches.length * 100) / ((performance.now() - start) / 1000);
    console.log(`${'add 99,500 faces in batches of 100'.padEnd(44)} ${rate.toFixed(0)} rows/s`);
    const seal = { previousHash: '', hash: '' };
    let sequence = 0;
    const append = () => stores.audit.append(() => ({ ...seal, sequence: ++sequence, body: '{"decision":"allow"}' }));
    report('append an audit entry', await timed(500, append));
    await stores.close();
    const opening = performance.now();
    stores = await openStores({ dataDir, clock: Date.now, keys: storeKeys });
    console.log(
      `${'open 100,000 faces, every row verified'.padEnd(44)} ${(performance.now() - opening).toFixed(0)} ms`,
    );
    const probe = unitVector(random, DIMENSIONS);
    const options = { minScore: 0.3, limit: 10, signal: new AbortController().signal };
    report(
      'searchFaces over 100,000, rows included',
      await timed(60, () => stores.collections.searchFaces('c', probe, options)),
    );
    const { faces } = await stores.collections.listFaces('c', { limit: 200 });
    const erase = (i: number) => stores.collections.deleteFaces('c', [faces[i]?.faceId ?? '']);
    report('delete one face, its key and the log scrubbed', await timed(100, erase));
    const together = performance.now();
    await Promise.all(faces.slice(100).map(({ faceId }) => stores.collections.deleteFaces('c', [faceId])));
    console.log(
      `${'delete 100 faces by 100 calls at once'.padEnd(44)} ${(performance.now() - together).toFixed(0)} ms`,
    );
    const copying = performance.now();
    await stores.snapshot(join(dataDir, 'snapshot'));
    console.log(`${'copy all databases beside the server'.padEnd(44)} ${(performance.now() - copying).toFixed(0)} ms`);
    await stores.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function benchRotation(): void {
  for (const dimensions of [128, 512]) {
    const drawing = performance.now();
    const rotation = drawRotation(new Uint8Array(32).fill(1), dimensions);
    const drawnMs = performance.now() - drawing;
    const template = unitVector(seededRandom(dimensions), dimensions);
    const turns = 2000;
    for (let i = 0; i < turns; i++) rotation.turn(template);
    const start = performance.now();
    for (let i = 0; i < turns; i++) rotation.turn(template);
    const us = ((performance.now() - start) / turns) * 1000;
    console.log(
      `${`turn a vector of ${dimensions}`.padEnd(44)} ${us.toFixed(1)} us (drawn in ${drawnMs.toFixed(1)} ms)`,
    );
  }
}

console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`);
benchRotation();
await benchRows();
