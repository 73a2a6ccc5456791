import { parentPort, workerData } from 'node:worker_threads';
import { type Extent, kernelOver, type ScanKernel } from './codes/arena.ts';
import { type CodeReader, scanCodes } from './codes/scan-codes.ts';
import { BestScores, type Chunk, scanChunk } from './scan.ts';
import type { CodedScanRequest, ExactScanRequest, ScanAnswer, ScanRequest, ScanWorkerData } from './scan-messages.ts';

/** Queries of one pass: what they find together stays small, and the first of them does not wait long. */
const MOST_SHARING = 16;

const port = parentPort;
if (port === null) throw new Error('scan-worker.js runs as a worker thread only');
const { thread, threads } = workerData as ScanWorkerData;
const memories: WebAssembly.Memory[] = [];
const extents: Extent[] = [];
const kernels: ScanKernel[] = [];
const chunksOf = new Map<number, Chunk[]>();
let waiting: CodedScanRequest[] = [];

const known = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index];
  if (item === undefined) throw new Error(`number ${index} was not given to this worker`);
  return item;
};
const reader: CodeReader = {
  thread,
  kernel(index) {
    kernels[index] ??= kernelOver(known(memories, index));
    return kernels[index] as ScanKernel;
  },
  buffer: (index) => known(memories, index).buffer,
  extent: (number) => extents[number],
};

port.on('message', (request: ScanRequest) => {
  if (request.kind === 'drop') {
    chunksOf.delete(request.space);
  } else if (request.kind === 'exact') {
    scanVectors(request);
  } else {
    memories.push(...request.newMemories);
    for (const extent of request.newExtents) extents.push(extent);
    waiting.push(request);
    // All that came together are run together.
    if (waiting.length === 1) setImmediate(run);
  }
});

/** Runs what waits, the queries of one space together. */
function run(): void {
  const scans = waiting;
  waiting = [];
  const ofSpaces = new Map<number, CodedScanRequest[]>();
  for (const scan of scans) {
    const ofSpace = ofSpaces.get(scan.space);
    if (ofSpace === undefined) ofSpaces.set(scan.space, [scan]);
    else ofSpace.push(scan);
  }
  for (const ofSpace of ofSpaces.values()) {
    for (let from = 0; from < ofSpace.length; from += MOST_SHARING) {
      scanTogether(ofSpace.slice(from, from + MOST_SHARING));
    }
  }
}

function scanVectors({ scan, space, newChunks, probe, minScore, limit, stop }: ExactScanRequest): void {
  const chunks = chunksOf.get(space) ?? [];
  chunksOf.set(space, chunks);
  chunks.push(...newChunks);
  const best = new BestScores(limit, minScore);
  for (const chunk of chunks) {
    if (Atomics.load(stop, 0) !== 0) break;
    scanChunk(chunk, probe, 0, chunk.capacity, best);
  }
  answer({ scan, full: best.full, ...best.candidates() });
}

function scanTogether(scans: readonly CodedScanRequest[]): void {
  const last = scans.at(-1);
  if (last === undefined) return;
  const found = scanCodes(
    reader,
    // The newest table has every group of the others.
    { dimensions: last.probe.length, table: last.table },
    { first: thread, every: threads },
    scans.map(({ query, probe, minScore, limit, claims, stop }) => ({
      query,
      probe,
      minScore,
      limit,
      claims,
      stopped: () => Atomics.load(stop, 0) !== 0,
    })),
  );
  for (const [i, hits] of found.entries()) answer({ scan: scans[i]?.scan ?? 0, ...hits });
}

function answer(message: ScanAnswer): void {
  port?.postMessage(message);
}
