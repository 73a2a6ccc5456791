import { parentPort, workerData } from 'node:worker_threads';
import { instantiate } from './assemble.ts';
import { type BandwidthQuestion, type BandwidthWork, STRIDE_BYTES } from './bandwidth.ts';

const { module, memories, bytes } = workerData as BandwidthWork;
const kernels = memories.map((memory) => instantiate<{ sum(at: number, end: number): bigint }>(module, memory).sum);

parentPort?.on('message', ({ share, of }: BandwidthQuestion) => {
  let sum = 0n;
  for (const [i, kernel] of kernels.entries()) {
    const size = bytes[i] ?? 0;
    for (let at = share * STRIDE_BYTES; at < size; at += of * STRIDE_BYTES) sum += kernel(at, at + STRIDE_BYTES);
  }
  parentPort?.postMessage(String(sum));
});
