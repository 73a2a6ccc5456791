import { createTextReader, type TextReader } from '../../src/vision/index.ts';
import { openVisionPool } from '../../src/vision/workers/index.ts';
import { serveChild } from '../shared/child.ts';
import type { TextAnswer, TextQuestion } from './text.ts';

/** What an answer of DetectText tells by default, 0..100. */
const LEAST_CONFIDENCE = 80;
const TASK_TIMEOUT_MS = 120_000;
const WORKER_MEMORY_BYTES = 4 * 2 ** 30;

let reader: TextReader | undefined;

serveChild<TextQuestion, TextAnswer>(async (question) => {
  if (question.kind === 'open') {
    const pool = openVisionPool({
      entry: new URL('../../src/vision/workers/worker.js', import.meta.url).pathname,
      settings: { modelsDir: question.modelsDir },
      workers: question.workers,
      queueLimit: 1000,
      taskTimeoutMs: TASK_TIMEOUT_MS,
      workerMemoryBytes: WORKER_MEMORY_BYTES,
    });
    await pool.ready();
    reader = createTextReader(pool, question.workers);
    return { ms: 0, words: [], runtime: `PP-OCRv4 on onnxruntime-node, ${question.workers} workers` };
  }
  if (reader === undefined) throw new Error('no reader was opened');
  const start = performance.now();
  const lines = await reader.read({ bytes: question.image }, {}, new AbortController().signal);
  const ms = performance.now() - start;
  const words = lines.flatMap((line) => line.words).filter(({ confidence }) => confidence >= LEAST_CONFIDENCE);
  return { ms, words: words.map(({ text }) => text), runtime: '' };
});
