import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { OwnRequestOf } from '../../contract/index.ts';
import { imageIdOf } from '../../shared/image-id.ts';
import { objectsOf } from '../bucket-objects.ts';
import { type Connection, configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { imagesBelow } from '../images.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress, duration } from '../progress.ts';

/** Options of `likeness collections reembed`. */
export interface ReembedFlags extends GlobalOptions {
  readonly to?: string;
  readonly images?: string;
  readonly bucket?: string;
  readonly concurrency?: number;
  readonly dropMissing?: boolean;
  readonly yes?: boolean;
  readonly cancel?: boolean;
}

type Source = Omit<OwnRequestOf<'ReembedImage'>, 'collectionId'>;
type Missing = { readonly faceId: string; readonly reason: string };

const noImage = 'its image is not there';
const reasons: Readonly<Record<string, string>> = {
  'not-found-again': 'no face lies where it did in its image',
  'no-consent': 'its consent has ended',
  'erasure-suspended': 'it is to be erased, and a legal hold keeps it as it is',
};

/**
 * Moves a collection to another face model from the images that were kept, keeping FaceIds. Run again after a stop it
 * goes on where it was; the collection answers with its own model until the last step.
 *
 * @returns the exit code
 */
export async function runReembed(collectionId: string, flags: ReembedFlags, terminal: Terminal): Promise<number> {
  if (flags.cancel === true) return cancel(collectionId, flags, terminal);
  const { to } = flags;
  if (to === undefined) throw new UsageError('say with --to which face model: likeness models calibration lists them');
  if ((flags.images === undefined) === (flags.bucket === undefined)) {
    throw new UsageError('say with --images <folder> or --bucket <name> where the images are, one of the two');
  }
  const connection = await connect(flags, terminal);
  const interrupt = new AbortController();
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; run the same command again to go on');
    interrupt.abort();
  };
  process.once('SIGINT', onInterrupt);
  try {
    const startedMs = Date.now();
    const { reembedding } = await connection.own('BeginReembedding', { collectionId, faceModelVersion: to });
    if (reembedding.stagedFaces > 0) terminal.note(`going on: ${reembedding.stagedFaces} faces are done`);
    const told = new Map<string, string>();
    const failures = await embedAll(collectionId, flags, { connection, terminal, told, signal: interrupt.signal });
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    const missing = (await pendingFaces(connection, collectionId)).map(
      ({ faceId }): Missing => ({ faceId, reason: told.get(faceId) ?? noImage }),
    );
    const dropped =
      missing.length > 0 && flags.dropMissing === true && (await mayDrop(missing.length, flags, terminal));
    const isDone = missing.length === 0 || dropped;
    const finished = isDone
      ? await connection.own('FinishReembedding', {
          collectionId,
          faceModelVersion: to,
          ...(dropped && { dropMissing: missing.length }),
        })
      : undefined;
    const seconds = (Date.now() - startedMs) / 1000;
    const result = { from: reembedding.from, to, switched: isDone, faces: finished?.faces, missing, failures, seconds };
    printResult(terminal, flags.json === true, result, () =>
      [
        ...failures.map(({ image, error }) => `failed: ${image}: ${error}`),
        ...missing.map(({ faceId, reason }) => `${dropped ? 'deleted' : 'missing'}: ${faceId}: ${reason}`),
        finished === undefined
          ? `${missing.length} faces have no template of ${to} yet, and ${collectionId} goes on with ${reembedding.from}. Run it again with more images, with --drop-missing to delete these faces, or with --cancel.`
          : `${collectionId} moved from face model ${reembedding.from} to ${to}: ${finished.faces} faces in ${duration(seconds)}`,
      ].join('\n'),
    );
    return isDone ? exitCodes.ok : exitCodes.partly;
  } finally {
    process.off('SIGINT', onInterrupt);
    await connection.close();
  }
}

async function cancel(collectionId: string, flags: ReembedFlags, terminal: Terminal): Promise<number> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const answer = await own('CancelReembedding', { collectionId });
    printResult(terminal, flags.json === true, answer, () =>
      answer.cancelled ? 'given up; what was staged is overwritten' : 'no move to another face model was under way',
    );
    return exitCodes.ok;
  } finally {
    await close();
  }
}

interface Work {
  readonly connection: Connection;
  readonly terminal: Terminal;
  /** Why a face could not be embedded, by its id. */
  readonly told: Map<string, string>;
  readonly signal: AbortSignal;
}

/** Sends every image that a pending face was found in. */
async function embedAll(
  collectionId: string,
  flags: ReembedFlags,
  { connection, terminal, told, signal }: Work,
): Promise<readonly { readonly image: string; readonly error: string }[]> {
  const config = configOf(flags);
  const wanted = new Set((await pendingFaces(connection, collectionId)).map(({ imageId }) => imageId));
  if (wanted.size === 0) return [];
  const images =
    flags.images === undefined ? await objectsOf(flags.bucket ?? '', config) : await imagesBelow(resolve(flags.images));
  const sourceOf = async (image: string): Promise<Source | undefined> => {
    if (flags.images === undefined) return { bucket: flags.bucket ?? '', name: image };
    const bytes = await readFile(join(resolve(flags.images), image));
    // Only what the collection knows is sent.
    return wanted.has(imageIdOf(bytes)) ? { image: bytes.toString('base64') } : undefined;
  };
  const failures: { image: string; error: string }[] = [];
  const progress = createProgress(terminal, 'files');
  progress.start(`Embedding anew for ${collectionId}`, images.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < images.length && !signal.aborted) {
      const image = images[next++] as string;
      try {
        const source = await sourceOf(image);
        const answer = source && (await connection.own('ReembedImage', { collectionId, ...source }));
        for (const { faceId, reason } of answer?.missing ?? []) told.set(faceId, reasons[reason] ?? reason);
      } catch (error) {
        failures.push({ image, error: `${(error as Error).name}: ${(error as Error).message}` });
      }
      done += 1;
      progress.update(done, { failed: failures.length });
    }
  };
  await Promise.all(Array.from({ length: flags.concurrency ?? config.workers }, worker));
  progress.stop();
  return failures;
}

async function pendingFaces({ own }: Connection, collectionId: string) {
  const faces: { readonly faceId: string; readonly imageId: string }[] = [];
  for (let after: string | undefined; ; ) {
    const page = await own('ListPendingReembedding', { collectionId, ...(after !== undefined && { after }) });
    faces.push(...page.faces);
    after = page.next;
    if (after === undefined) return faces;
  }
}

/** Whether faces may be deleted: said beforehand, or asked of whoever sits there. */
async function mayDrop(count: number, flags: ReembedFlags, terminal: Terminal): Promise<boolean> {
  if (flags.yes === true) return true;
  if (!terminal.interactive || process.stdin.isTTY !== true) {
    throw new UsageError(`${count} faces would be deleted: add --yes where nobody can be asked`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`Delete ${count} faces that could not be embedded? [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
