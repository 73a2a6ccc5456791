/**
 * Writes while reading, at the level of the stores: what searches cost while faces are inserted at a fixed rate, beside
 * the same searches without, in one run; and what group commit spares.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { openStores, type Stores } from '../../src/stores/index.ts';
import { seededRandom, unitVector, uuid } from '../../tests/stores/builders.ts';
import { storeKeys } from '../../tests/stores/store-keys.ts';
import { describeMachine } from '../shared/machine.ts';
import { atLeastOne } from '../shared/option-values.ts';
import { openProgress } from '../shared/progress.ts';
import { percentile } from '../shared/stats.ts';
import { table } from '../shared/table.ts';

interface Options {
  readonly faces: number;
  readonly rate: number;
  readonly batch: number;
  readonly seconds: number;
  readonly clients: number;
  readonly rounds: number;
}

const DIMENSIONS = 128;
const COLLECTION = 'c';
const TICK_MS = 10;

const options = new Command()
  .name('bench:writes')
  .description('Measures searches while faces are inserted, and what commits shared by concurrent insertions spare.')
  .option('--faces <n>', 'faces in the collection at the start', atLeastOne, 100_000)
  .option('--rate <n>', 'faces inserted a second', atLeastOne, 1000)
  .option('--batch <n>', 'faces of one insertion; insertions due at a time come at once', atLeastOne, 10)
  .option('--seconds <n>', 'seconds of each measurement', atLeastOne, 5)
  .option('--clients <n>', 'searches at once', atLeastOne, 2)
  .option('--rounds <n>', 'rounds of searching alone and with insertions', atLeastOne, 3)
  .parse()
  .opts<Options>();

const random = seededRandom(77);
let made = 0;
/** An image of so many new faces, under ids in no order. */
const image = (faces: number) => ({
  imageId: uuid(2 ** 46 + made),
  externalImageId: `photo-${made}`,
  modelVersion: '1.0',
  maxFaces: 1e9,
  faces: Array.from({ length: faces }, () => ({
    faceId: uuid(Math.floor(random() * 2 ** 22) * 2 ** 24 + made++),
    box: { left: random(), top: random(), width: 0.1, height: 0.1 },
    confidence: 99.5,
    template: unitVector(random, DIMENSIONS),
  })),
});

/** Inserts at the wished rate until `until` says so; what is late is made good at once. @returns faces inserted, ms of each call */
async function insertAtRate(stores: Stores, isOver: () => boolean): Promise<{ faces: number; ms: number[] }> {
  const prepared = Array.from({ length: Math.ceil((options.rate * (options.seconds + 1)) / options.batch) }, () =>
    image(options.batch),
  );
  const ms: number[] = [];
  const start = performance.now();
  let begun = 0;
  const running: Promise<unknown>[] = [];
  while (!isOver()) {
    const due = Math.floor(((performance.now() - start) / 1000) * (options.rate / options.batch));
    for (; begun < due && prepared.length > 0; begun++) {
      const began = performance.now();
      const adding = stores.collections.addFaces(COLLECTION, prepared.pop() ?? image(options.batch));
      running.push(adding.then(() => ms.push(performance.now() - began)));
    }
    await sleep(TICK_MS);
  }
  await Promise.all(running);
  return { faces: begun * options.batch, ms };
}

async function searchFor(stores: Stores, isOver: () => boolean): Promise<number[]> {
  const probes = Array.from({ length: 64 }, () => unitVector(random, DIMENSIONS));
  const ms: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const probe = probes[next++ % probes.length] as Float32Array;
      const began = performance.now();
      await stores.collections.searchFaces(COLLECTION, probe, {
        minScore: 0.4,
        limit: 10,
        signal: new AbortController().signal,
      });
      ms.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
  return ms;
}

const timer = (): (() => boolean) => {
  const end = performance.now() + options.seconds * 1000;
  return () => performance.now() >= end;
};

const dataDir = mkdtempSync(join(tmpdir(), 'likeness-bench-writes-'));
const batches = Math.ceil(options.faces / 500);
const progress = openProgress(batches + 2 * options.rounds + 4, 'filling the collection');
try {
  const stores = await openStores({ dataDir, clock: Date.now, keys: storeKeys });
  const collection = {
    purpose: 'photo-library',
    modelVersion: '1.0',
    dimensions: DIMENSIONS,
    tags: {},
    createdAtMs: 0,
  };
  await stores.collections.createCollection({ id: COLLECTION, ...collection });
  for (let i = 0; i < batches; i++) {
    await stores.collections.addFaces(COLLECTION, image(500));
    progress.step('filling the collection');
  }
  await searchFor(stores, timer());
  const alone: number[] = [];
  const beside: number[] = [];
  const inserting: number[] = [];
  let inserted = 0;
  let seconds = 0;
  for (let round = 0; round < options.rounds; round++) {
    progress.step('searching alone');
    alone.push(...(await searchFor(stores, timer())));
    progress.step('searching while faces are inserted');
    const isOver = timer();
    const start = performance.now();
    const [searched, added] = await Promise.all([searchFor(stores, isOver), insertAtRate(stores, isOver)]);
    seconds += (performance.now() - start) / 1000;
    beside.push(...searched);
    inserting.push(...added.ms);
    inserted += added.faces;
  }

  await stores.collections.createCollection({ id: 'commits', ...collection });
  const commits: (readonly [string, number])[] = [];
  for (const callers of [1, 4, 16, 64]) {
    progress.step(`${callers} callers insert`);
    const images = Array.from({ length: 1024 }, () => image(1)).values();
    const start = performance.now();
    const caller = async (): Promise<void> => {
      for (const one of images) await stores.collections.addFaces('commits', one);
    };
    await Promise.all(Array.from({ length: callers }, caller));
    commits.push([`${callers}`, 1024 / ((performance.now() - start) / 1000)]);
  }
  progress.stop();
  await stores.close();

  const machine = describeMachine();
  const ms = (value: number): string => value.toFixed(2);
  const row = (what: string, values: readonly number[]) => [
    what,
    values.length,
    ms(percentile(values, 0.5)),
    ms(percentile(values, 0.95)),
    ms(percentile(values, 0.99)),
  ];
  const slower = percentile(beside, 0.99) / percentile(alone, 0.99);
  const single = commits[0]?.[1] ?? Number.NaN;
  process.stdout.write(
    `${[
      `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; load ${machine.load.toFixed(1)}: ratios are what counts`,
      `${options.faces} faces of ${DIMENSIONS} dimensions, ${options.clients} searches at once, insertions of ${options.batch} faces`,
      table(
        ['ms', 'calls', 'p50', 'p95', 'p99'],
        [row('search alone', alone), row('search while inserting', beside), row('insertion', inserting)],
      ),
      `inserted ${(inserted / seconds).toFixed(0)} faces/s of the ${options.rate} asked for`,
      table(
        ['callers inserting single faces', 'faces/s', 'times one caller'],
        commits.map(([callers, rate]) => [callers, rate.toFixed(0), (rate / single).toFixed(2)]),
      ),
      `${slower <= 2 ? 'met    ' : 'NOT MET'} search p99 while inserting over p99 alone: ${slower.toFixed(2)} (<= 2.00)`,
    ].join('\n\n')}\n`,
  );
} finally {
  progress.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
