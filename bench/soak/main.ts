import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { freshBytes, largePhoto } from '../shared/large-photo.ts';
import { describeMachine } from '../shared/machine.ts';
import { aboveZero } from '../shared/option-values.ts';
import { openProgress } from '../shared/progress.ts';
import { startServer } from '../shared/server.ts';
import { percentile, seededRandom } from '../shared/stats.ts';
import { table } from '../shared/table.ts';
import { type CallSample, judgeSoak, type MemorySample, type SoakFigures, WARM_UP } from './verdict.ts';
import { chooseWork, mixedWork, type WorkBench } from './work.ts';

interface Options {
  readonly minutes: number;
  readonly clients: number;
  readonly workers: number;
  readonly json?: string;
}

const COLLECTION = 'soak';
const SAMPLE_MS = 2000;
const SEED = 1800;
/** Photos of people as cameras and pages have them; what is decoded in full decides how much a worker holds. */
const SIDES = [
  { width: 4000, height: 3000 },
  { width: 1600, height: 1200 },
  { width: 800, height: 600 },
] as const;

const options = new Command()
  .name('soak')
  .description(
    'Puts a mixed load on a started server through the AWS SDK, watches the memory of all its processes, and ends with 1 unless there was no error, memory stayed flat and no operation became slower.',
  )
  .option('--minutes <n>', 'how long; under ten, nets that load and heaps that fill are judged too', aboveZero, 30)
  .option('--clients <n>', 'clients that call at once', aboveZero, 6)
  .option('--workers <n>', 'workers of the server', aboveZero, 2)
  .option('--json <path>', 'also write all figures to this file')
  .parse()
  .opts<Options>();

const { minutes, clients, workers } = options;
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: process.cwd() });
await openModelStore({ modelsDir }).pull();
const machine = describeMachine();
const photos = await Promise.all(
  SIDES.flatMap((size) => [largePhoto(modelsDir, size), largePhoto(modelsDir, { ...size, of: 'group' })]),
);
const server = await startServer({ workers });
const steps = Math.ceil((minutes * 60_000) / SAMPLE_MS);
const progress = openProgress(steps, 'starting');
/** Where no bar can be drawn, a line a minute says that it goes on. */
const tell = (line: string): void => {
  if (!process.stderr.isTTY) process.stderr.write(`${line}\n`);
};

const calls: CallSample[] = [];
const memory: MemorySample[] = [];
const errors = new Map<string, number>();
const random = seededRandom(SEED);
let made = 0;
const shared = {
  collection: COLLECTION,
  random,
  faces: [] as string[],
  users: [] as string[],
  nextId: () => `soak-${made++}`,
  photo: () => freshBytes(photos[Math.floor(random() * photos.length)] ?? { bytes: new Uint8Array() }, made++),
};
const start = performance.now();
const secondsNow = (): number => (performance.now() - start) / 1000;
const isOver = (): boolean => secondsNow() >= minutes * 60;

async function client(bench: WorkBench): Promise<void> {
  while (!isOver()) {
    const work = chooseWork(random);
    const began = performance.now();
    try {
      await work.run(bench);
      calls.push({ work: work.name, atSeconds: (began - start) / 1000, ms: performance.now() - began });
    } catch (error) {
      const what = `${work.name}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
      errors.set(what, (errors.get(what) ?? 0) + 1);
    }
  }
}

async function watch(): Promise<void> {
  let told = 0;
  while (!isOver()) {
    const bytes = server.heldBytes().reduce((sum, held) => sum + held, 0);
    if (bytes > 0) memory.push({ atSeconds: secondsNow(), bytes });
    const failed = [...errors.values()].reduce((sum, times) => sum + times, 0);
    const status = `${calls.length} calls, ${failed} failed, ${(bytes / 1e6).toFixed(0)} MB`;
    progress.step(status);
    if (secondsNow() >= told * 60) tell(`minute ${told++} of ${minutes}: ${status}`);
    await sleep(SAMPLE_MS);
  }
}

try {
  await server.api.createCollection({ CollectionId: COLLECTION, Tags: { 'likeness:purpose': 'photo-library' } });
  await Promise.all([watch(), ...Array.from({ length: clients }, () => client({ ...shared, api: server.connect() }))]);
  const figures: SoakFigures = {
    seconds: secondsNow(),
    memory,
    calls,
    errors: [...errors].map(([what, times]) => ({ what, times })),
    replaced: await server.metric('likeness_inference_workers_replaced'),
  };
  progress.stop();
  const findings = judgeSoak(figures);
  const rows = mixedWork.map(({ name }) => ({
    name,
    ms: calls.filter(({ work }) => work === name).map(({ ms }) => ms),
  }));
  const perMinute = (minute: number): readonly MemorySample[] =>
    memory.filter(({ atSeconds }) => Math.floor(atSeconds / 60) === minute);
  const sections = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}; load ${machine.load.toFixed(1)} at the start`,
    `${minutes} minutes, ${clients} clients, ${workers} workers; the first ${WARM_UP * 100} % is warming up`,
    table(
      ['work', 'calls', 'ms p50', 'p95', 'p99'],
      rows
        .filter(({ ms }) => ms.length > 0)
        .map(({ name, ms }) => [
          name,
          ms.length,
          ...[0.5, 0.95, 0.99].map((share) => percentile(ms, share).toFixed(0)),
        ]),
    ),
    table(
      ['minute', 'MB held, mean', 'most'],
      Array.from({ length: Math.ceil(minutes) }, (_, minute) => perMinute(minute).map(({ bytes }) => bytes / 1e6))
        .map((held, minute) => ({ held, minute }))
        .filter(({ held }) => held.length > 0)
        .map(({ held, minute }) => [
          minute + 1,
          (held.reduce((sum, mb) => sum + mb, 0) / held.length).toFixed(0),
          Math.max(...held).toFixed(0),
        ]),
    ),
    ...figures.errors.slice(0, 20).map(({ what, times }) => `${times} x ${what}`),
    findings.map(({ text, met }) => `${met ? 'met    ' : 'NOT MET'} ${text}`).join('\n'),
  ];
  process.stdout.write(`${sections.join('\n\n')}\n`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, ...figures, findings }, null, 2)}\n`);
  if (findings.some(({ met }) => !met)) process.exitCode = 1;
} finally {
  progress.stop();
  await server.close();
}
