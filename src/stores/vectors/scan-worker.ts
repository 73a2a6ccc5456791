import { parentPort } from 'node:worker_threads';
import { BestScores, type Chunk, scanChunk } from './scan.ts';
import type { ScanAnswer, ScanRequest } from './scan-messages.ts';

const port = parentPort;
if (port === null) throw new Error('scan-worker.js runs as a worker thread only');

const chunksOfSpace = new Map<number, Chunk[]>();

port.on('message', (request: ScanRequest) => {
  if (request.kind === 'drop') {
    chunksOfSpace.delete(request.space);
    return;
  }
  const chunks = chunksOfSpace.get(request.space) ?? [];
  chunks.push(...request.newChunks);
  chunksOfSpace.set(request.space, chunks);
  const best = new BestScores(request.limit, request.minScore);
  for (const chunk of chunks) {
    if (Atomics.load(request.stop, 0) !== 0) break;
    scanChunk(chunk, request.probe, 0, chunk.capacity, best);
  }
  const answer: ScanAnswer = { scan: request.scan, hits: best.list(), full: best.full };
  port.postMessage(answer);
});
