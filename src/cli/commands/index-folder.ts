import { join, resolve } from 'node:path';
import type { QualityFilter } from '@aws-sdk/client-rekognition';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { externalImageIdOf, imagesBelow, readImage } from '../images.ts';
import { openJournal, stateOf } from '../journal.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress, duration } from '../progress.ts';

/** Options of `likeness index`. */
export interface IndexFlags extends GlobalOptions {
  readonly maxFaces?: number;
  readonly qualityFilter?: string;
  readonly concurrency?: number;
  readonly again?: boolean;
}

const qualityFilters: readonly QualityFilter[] = ['NONE', 'AUTO', 'LOW', 'MEDIUM', 'HIGH'];

/**
 * Indexes every image below a folder. Files that an earlier run finished, and that did not change since, are passed
 * over: a run that was stopped goes on where it was.
 *
 * @returns the exit code
 */
export async function runIndex(
  collection: string,
  folder: string,
  flags: IndexFlags,
  terminal: Terminal,
): Promise<number> {
  const root = resolve(folder);
  const qualityFilter = (flags.qualityFilter?.toUpperCase() ?? 'AUTO') as QualityFilter;
  if (!qualityFilters.includes(qualityFilter)) {
    throw new UsageError(`--quality-filter must be one of ${qualityFilters.join(', ')}`);
  }
  const files = await imagesBelow(root);
  if (files.length === 0) throw new UsageError(`there is no image below ${folder}`);
  const config = configOf(flags);
  const { api, close } = await connect(flags, terminal);
  const interrupt = new AbortController();
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; run the same command again to go on');
    interrupt.abort();
  };
  process.once('SIGINT', onInterrupt);
  try {
    const { CreationTimestamp } = await api.describeCollection({ CollectionId: collection });
    // A collection that was deleted and made again has a journal of its own.
    const journal = openJournal(join(config.dataDir, 'index-journals'), [
      collection,
      `${CreationTimestamp?.getTime()}`,
      root,
    ]);
    const todo = files.filter((file) => flags.again === true || !journal.has(stateOf(root, file)));
    const progress = createProgress(terminal, 'files');
    const startedMs = Date.now();
    const tally = { files: 0, faces: 0, passedOver: files.length - todo.length, unindexed: 0 };
    const failures: { file: string; error: string }[] = [];
    progress.start(`Indexing into ${collection}`, todo.length);
    let next = 0;
    const worker = async () => {
      while (next < todo.length && !interrupt.signal.aborted) {
        const file = todo[next++] as string;
        try {
          const state = stateOf(root, file);
          const answer = await api.indexFaces({
            CollectionId: collection,
            Image: await readImage(join(root, file)),
            ExternalImageId: externalImageIdOf(file),
            QualityFilter: qualityFilter,
            ...(flags.maxFaces !== undefined && { MaxFaces: flags.maxFaces }),
          });
          tally.faces += answer.FaceRecords?.length ?? 0;
          tally.unindexed += answer.UnindexedFaces?.length ?? 0;
          journal.add(state);
        } catch (error) {
          failures.push({ file, error: `${(error as Error).name}: ${(error as Error).message}` });
        }
        tally.files += 1;
        progress.update(tally.files, { failed: failures.length });
      }
    };
    await Promise.all(Array.from({ length: flags.concurrency ?? config.workers }, worker));
    progress.stop();
    const seconds = (Date.now() - startedMs) / 1000;
    const result = { ...tally, failed: failures.length, seconds, failures };
    printResult(terminal, flags.json === true, result, () =>
      [
        `${tally.faces} faces of ${tally.files - failures.length} images indexed in ${duration(seconds)} (${(tally.files / Math.max(seconds, 0.001)).toFixed(1)} images/s)`,
        ...(tally.unindexed > 0 ? [`${tally.unindexed} faces left out by the quality filter or --max-faces`] : []),
        ...(tally.passedOver > 0 ? [`${tally.passedOver} images were indexed before (--again does them anew)`] : []),
        ...failures.map(({ file, error }) => `failed: ${file}: ${error}`),
      ].join('\n'),
    );
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    return failures.length > 0 ? (failures.length === todo.length ? exitCodes.failed : exitCodes.partly) : exitCodes.ok;
  } finally {
    process.off('SIGINT', onInterrupt);
    await close();
  }
}
