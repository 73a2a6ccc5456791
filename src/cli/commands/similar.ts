import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import type { OwnRequestOf, OwnResponseOf } from '../../contract/index.ts';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { openContactSheets, renderFrames, requireWritable, sheetPictureSide } from '../drawing/index.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { imagesBelow, readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import type { CallOwn } from '../own-api.ts';
import { createProgress, duration } from '../progress.ts';

/** Options of `likeness similar`. */
export interface SimilarFlags extends GlobalOptions {
  readonly like?: string;
  readonly concept?: string;
  readonly min?: number;
  readonly max?: number;
  readonly concurrency?: number;
  readonly draw?: string;
}

type Request = OwnRequestOf<'RankSimilarImages'>;
type Response = OwnResponseOf<'RankSimilarImages'>;
type NamedImage = Request['candidates'][number];

interface Found {
  readonly file: string;
  /** 0..100. */
  readonly similarity: number;
}

const defaultMax = 20;
/** Digests of one call; the operation takes 1000. */
const digestsPerCall = 500;
/** What a request may hold: larger photos are made smaller before they are sent, which changes nothing that is looked at. */
const mostBytes = 4_500_000;
const smallerSide = 1600;
const filesAtOnce = 4;
const mostTries = 6;
const firstWaitMs = 250;

/**
 * Finds the photos of a folder that look most like another one, or show a label most surely. A server that was asked
 * within the hour is only told the digests of the photos.
 *
 * @returns the exit code
 */
export async function runSimilar(folder: string, flags: SimilarFlags, terminal: Terminal): Promise<number> {
  if ((flags.like === undefined) === (flags.concept === undefined)) {
    throw new UsageError('name what to look for: --like <photo> or --concept <label>');
  }
  if (flags.draw !== undefined) requireWritable(flags.draw);
  const root = resolve(folder);
  const like = flags.like === undefined ? undefined : resolve(flags.like);
  const files = (await imagesBelow(root)).filter((file) => join(root, file) !== like);
  if (files.length === 0)
    throw new UsageError(`there is no image below ${folder}${like ? ' beside the photo itself' : ''}`);
  const query = like === undefined ? undefined : await bytesToSend(like);
  const config = configOf(flags);
  const { own, where, close } = await connect(flags, terminal);
  const interrupt = new AbortController();
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way');
    interrupt.abort();
  };
  process.once('SIGINT', onInterrupt);
  try {
    const ask = askerOf(own, query, flags.concept);
    const progress = createProgress(terminal, 'files');
    const startedMs = Date.now();
    progress.start(`Looking for ${flags.concept ?? flags.like}`, files.length);
    const found: Found[] = [];
    const failures: { file: string; error: string }[] = [];
    let done = 0;
    let version = '';
    const take = (batch: readonly string[], { ranking, failed, ...answer }: Response) => {
      version = answer.version;
      for (const { candidate, similarity } of ranking) found.push({ file: batch[candidate] ?? '', similarity });
      for (const { candidate, code, message } of failed) {
        failures.push({ file: batch[candidate] ?? '', error: `${code}: ${message}` });
      }
    };
    const advance = (by: number) => {
      done += by;
      progress.update(done, { failed: failures.length });
    };

    let todo: readonly string[] = files;
    // A house that was opened for this command holds nothing yet.
    if (where !== 'this process') {
      const toSend: string[] = [];
      for (let start = 0; start < files.length && !interrupt.signal.aborted; start += digestsPerCall) {
        const part = files.slice(start, start + digestsPerCall);
        const digests = await digestsOf(root, part);
        const batch = [...digests.keys()];
        const answer = batch.length === 0 ? undefined : await ask([...digests.values()].map((sha256) => ({ sha256 })));
        if (answer) take(batch, answer);
        const held = new Set(batch.filter((_, index) => !answer?.notHeld.includes(index)));
        toSend.push(...part.filter((file) => !held.has(file)));
        advance(held.size);
      }
      todo = toSend;
    }
    let next = 0;
    const worker = async () => {
      while (next < todo.length && !interrupt.signal.aborted) {
        const file = todo[next++] as string;
        try {
          const answer = await ask([{ bytes: (await bytesToSend(join(root, file))).toString('base64') }]);
          take([file], answer);
        } catch (error) {
          // What is wrong with the question is wrong for every photo.
          if (
            found.length === 0 &&
            ['InvalidParameterException', 'AccessDeniedException'].includes((error as Error).name)
          )
            throw error;
          failures.push({ file, error: `${(error as Error).name}: ${(error as Error).message}` });
        }
        advance(1);
      }
    };
    await Promise.all(Array.from({ length: flags.concurrency ?? config.workers }, worker));
    progress.stop();

    const ranked = found
      .filter(({ similarity }) => similarity >= (flags.min ?? 0))
      .sort((a, b) => b.similarity - a.similarity || a.file.localeCompare(b.file));
    const best = ranked.slice(0, flags.max ?? defaultMax);
    if (flags.draw !== undefined) await drawBest(flags, root, best, terminal);
    const seconds = (Date.now() - startedMs) / 1000;
    const result = { version, photos: files.length, similar: best, failed: failures.length, seconds, failures };
    printResult(terminal, flags.json === true, result, () =>
      [
        renderTable(
          best,
          [
            {
              title: flags.concept === undefined ? 'similarity' : 'sure',
              value: ({ similarity }) => similarity.toFixed(1),
              align: 'right',
            },
            { title: 'photo', value: ({ file }) => file },
          ],
          'no photo is similar enough',
        ),
        `${best.length} of ${found.length} photos, looked at in ${duration(seconds)}`,
        ...failures.map(({ file, error }) => `failed: ${file}: ${error}`),
      ].join('\n'),
    );
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    return failures.length > 0 ? (found.length === 0 ? exitCodes.failed : exitCodes.partly) : exitCodes.ok;
  } finally {
    process.off('SIGINT', onInterrupt);
    await close();
  }
}

/**
 * Asks the operation: with the photo at first, then with its digest until the server does not hold it any more; again
 * after a while where the server is too busy.
 */
function askerOf(own: CallOwn, query: Buffer | undefined, concept: string | undefined) {
  const digest = query && createHash('sha256').update(query).digest('hex');
  let sent: Promise<unknown> | undefined;
  const call = async (request: Request): Promise<Response> => {
    for (let tries = 1, waitMs = firstWaitMs; ; tries += 1, waitMs *= 2) {
      try {
        return await own('RankSimilarImages', request);
      } catch (error) {
        if ((error as Error).name !== 'ThrottlingException' || tries === mostTries) throw error;
        await new Promise((resume) => setTimeout(resume, waitMs));
      }
    }
  };
  return async (candidates: readonly NamedImage[]): Promise<Response> => {
    if (query === undefined) return call({ candidates, ...(concept !== undefined && { concept }) });
    const withPhoto = () => call({ like: { bytes: query.toString('base64') }, candidates });
    if (sent === undefined) {
      const first = withPhoto();
      sent = first.catch(() => undefined);
      return first;
    }
    await sent;
    try {
      return await call({ like: { sha256: digest ?? '' }, candidates });
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error;
      return withPhoto();
    }
  };
}

/** A photo as it is sent. @throws {UsageError} when it cannot be read */
async function bytesToSend(path: string): Promise<Buffer> {
  const { Bytes } = await readImage(path);
  if (Bytes.length <= mostBytes) return Buffer.from(Bytes.buffer, Bytes.byteOffset, Bytes.byteLength);
  try {
    return await sharp(Bytes)
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .resize({ width: smallerSide, height: smallerSide, fit: 'inside' })
      .jpeg({ quality: 92 })
      .toBuffer();
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}

/** The digests of the photos that are sent as they are, a few files at a time; the larger ones are left out. */
async function digestsOf(root: string, files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  const waiting = files.values();
  const work = async () => {
    for (const file of waiting) {
      const path = join(root, file);
      if ((await stat(path)).size > mostBytes) continue;
      digests.set(
        file,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      );
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, work));
  return digests;
}

async function drawBest(flags: SimilarFlags, root: string, best: readonly Found[], terminal: Terminal): Promise<void> {
  const sheets = openContactSheets(flags.draw ?? '', { perSheet: 24, columns: 4 });
  const pictureOf = (path: string) => renderFrames(path, [], [], { longSide: sheetPictureSide });
  if (flags.like !== undefined)
    await sheets.add({ picture: await pictureOf(flags.like), lines: ['looked for', flags.like] });
  for (const { file, similarity } of best) {
    await sheets.add({ picture: await pictureOf(join(root, file)), lines: [similarity.toFixed(1), file] });
  }
  for (const path of await sheets.finish()) terminal.note(`drawn to ${path}`);
}
