import { join } from 'node:path';
import { serveChild } from '../shared/child.ts';
import { peersFolder } from '../shared/peers/install.ts';
import { requirePeer } from '../shared/peers/tensorflow.ts';
import type { TextAnswer, TextQuestion } from './text.ts';

/** The few of tesseract.js' calls that are used here. */
interface TesseractWorker {
  setParameters(parameters: Readonly<Record<string, string>>): Promise<unknown>;
  recognize(
    image: Buffer,
    options: { readonly rotateAuto?: boolean },
  ): Promise<{ readonly data: { readonly text: string } }>;
}
interface Tesseract {
  createWorker(language: string, engine: number, options: object): Promise<TesseractWorker>;
}

let worker: TesseractWorker | undefined;

serveChild<TextQuestion, TextAnswer>(async (question) => {
  if (question.kind === 'open') {
    const { createWorker } = requirePeer('tesseract.js') as Tesseract;
    worker = await createWorker('eng', 1, {
      // The language data of npm: nothing is fetched.
      langPath: join(peersFolder(), 'node_modules', '@tesseract.js-data', 'eng', '4.0.0'),
      cacheMethod: 'none',
      gzip: true,
    });
    // It would write its guess of each picture's resolution to standard error.
    await worker.setParameters({ debug_file: '/dev/null' });
    return { ms: 0, words: [], runtime: 'tesseract.js, one worker, eng (LSTM)' };
  }
  if (worker === undefined) throw new Error('no worker was opened');
  const start = performance.now();
  const { data } = await worker.recognize(Buffer.from(question.image), { rotateAuto: question.straightens });
  return { ms: performance.now() - start, words: data.text.split(/\s+/).filter((word) => word !== ''), runtime: '' };
});
