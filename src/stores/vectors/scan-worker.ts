import { parentPort, workerData } from 'node:worker_threads';
import { kernelOver, type ScanKernel } from './codes/arena.ts';
import type { CodeBlock } from './codes/codes.ts';
import { type CodeReader, scanCodes } from './codes/scan-codes.ts';
import { BestScores, type Chunk, scanChunk } from './scan.ts';
import type { ScanAnswer, ScanRequest, ScanWorkerData } from './scan-messages.ts';

type Scan = Extract<ScanRequest, { kind: 'scan' }>;

interface KnownSpace {
  readonly chunks: Chunk[];
  readonly blocks: CodeBlock[];
}

/** Queries of one pass: what they find together stays small, and the first of them does not wait long. */
const MOST_SHARING = 16;

const port = parentPort;
if (port === null) throw new Error('scan-worker.js runs as a worker thread only');
const { thread, threads } = workerData as ScanWorkerData;
const memories: WebAssembly.Memory[] = [];
const kernels: ScanKernel[] = [];
const spaces = new Map<number, KnownSpace>();
let waiting: Scan[] = [];

const memoryOf = (index: number): WebAssembly.Memory => {
  const memory = memories[index];
  if (memory === undefined) throw new Error(`memory ${index} was not given to this worker`);
  return memory;
};
const reader: CodeReader = {
  thread,
  kernel(index) {
    kernels[index] ??= kernelOver(memoryOf(index));
    return kernels[index] as ScanKernel;
  },
  buffer: (index) => memoryOf(index).buffer,
};

port.on('message', (request: ScanRequest) => {
  if (request.kind === 'drop') {
    run();
    spaces.delete(request.space);
    return;
  }
  memories.push(...request.newMemories);
  const space = spaces.get(request.space) ?? { chunks: [], blocks: [] };
  space.chunks.push(...request.newChunks);
  space.blocks.push(...request.newBlocks);
  spaces.set(request.space, space);
  waiting.push(request);
  // All that came together are run together.
  if (waiting.length === 1) setImmediate(run);
});

/** Runs what waits, the queries of one space together. */
function run(): void {
  const scans = waiting;
  waiting = [];
  const ofSpaces = new Map<number, Scan[]>();
  for (const scan of scans) ofSpaces.set(scan.space, [...(ofSpaces.get(scan.space) ?? []), scan]);
  for (const [number, ofSpace] of ofSpaces) {
    const space = spaces.get(number);
    if (space === undefined) continue;
    for (const scan of ofSpace.filter(({ query }) => query === undefined)) scanVectors(space, scan);
    const coded = ofSpace.filter(({ query }) => query !== undefined);
    for (let from = 0; from < coded.length; from += MOST_SHARING) {
      scanTogether(space, coded.slice(from, from + MOST_SHARING));
    }
  }
}

function scanVectors(space: KnownSpace, scan: Scan): void {
  const best = new BestScores(scan.limit, scan.minScore);
  for (const chunk of space.chunks) {
    if (Atomics.load(scan.stop, 0) !== 0) break;
    scanChunk(chunk, scan.probe, 0, chunk.capacity, best);
  }
  answer({ scan: scan.scan, hits: best.list(), full: best.full });
}

function scanTogether(space: KnownSpace, scans: readonly Scan[]): void {
  const found = scanCodes(
    reader,
    { dimensions: scans[0]?.probe.length ?? 0, ...space },
    { first: thread, every: threads },
    scans.flatMap(({ query, probe, minScore, limit, stop }) =>
      query === undefined ? [] : [{ query, probe, minScore, limit, stopped: () => Atomics.load(stop, 0) !== 0 }],
    ),
  );
  for (const [i, hits] of found.entries()) answer({ scan: scans[i]?.scan ?? 0, ...hits });
}

function answer(message: ScanAnswer): void {
  port?.postMessage(message);
}
