import { join } from 'node:path';
import type { QualityFilter } from '@aws-sdk/client-rekognition';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { externalImageIdOf } from '../images.ts';
import { openJournal } from '../journal.ts';
import { openImageSource } from '../moving/image-source.ts';
import { failureLines, inBulk } from '../moving/in-bulk.ts';
import { printResult, type Terminal } from '../output.ts';
import { duration } from '../progress.ts';

/** Options of `likeness index`. */
export interface IndexFlags extends GlobalOptions {
  readonly maxFaces?: number;
  readonly qualityFilter?: string;
  readonly concurrency?: number;
  readonly again?: boolean;
}

const qualityFilters: readonly QualityFilter[] = ['NONE', 'AUTO', 'LOW', 'MEDIUM', 'HIGH'];

/**
 * Indexes every image below a folder, or below a prefix of a bucket. Images that an earlier run finished, and that did
 * not change since, are passed over: a run that was stopped goes on where it was. One that a kill caught between storing
 * and its note is sent again, and the server knows its faces by their boxes.
 *
 * @param where a folder, or `s3://bucket/prefix`
 * @returns the exit code
 */
export async function runIndex(
  collection: string,
  where: string,
  flags: IndexFlags,
  terminal: Terminal,
): Promise<number> {
  const qualityFilter = (flags.qualityFilter?.toUpperCase() ?? 'AUTO') as QualityFilter;
  if (!qualityFilters.includes(qualityFilter)) {
    throw new UsageError(`--quality-filter must be one of ${qualityFilters.join(', ')}`);
  }
  const config = configOf(flags);
  const source = openImageSource(where, config);
  const images = await source.list();
  if (images.length === 0) throw new UsageError(`there is no image below ${where}`);
  const { api, close } = await connect(flags, terminal);
  try {
    const { CreationTimestamp } = await api.describeCollection({ CollectionId: collection });
    // A collection that was deleted and made again has a journal of its own.
    const journal = openJournal(join(config.dataDir, 'index-journals'), [
      collection,
      `${CreationTimestamp?.getTime()}`,
      source.name,
    ]);
    const todo = flags.again === true ? images : images.filter((image) => !journal.has(image));
    const tally = { faces: 0, passedOver: images.length - todo.length, unindexed: 0 };
    const bulk = await inBulk(
      todo,
      {
        label: `Indexing into ${collection}`,
        unit: 'files',
        atOnce: flags.concurrency ?? inFlight(config.workers),
        terminal,
        nameOf: ({ file }) => file,
      },
      async (image) => {
        const answer = await api.indexFaces({
          CollectionId: collection,
          Image: await source.image(image.file),
          ExternalImageId: externalImageIdOf(image.file),
          QualityFilter: qualityFilter,
          ...(flags.maxFaces !== undefined && { MaxFaces: flags.maxFaces }),
        });
        tally.faces += answer.FaceRecords?.length ?? 0;
        tally.unindexed += answer.UnindexedFaces?.length ?? 0;
        journal.add(image);
      },
    );
    const { failures, seconds, tried: files } = bulk;
    const result = { files, ...tally, failed: failures.length, seconds, failures };
    printResult(terminal, flags.json === true, result, () =>
      [
        `${tally.faces} faces of ${files - failures.length} images indexed in ${duration(seconds)} (${(files / Math.max(seconds, 0.001)).toFixed(1)} images/s)`,
        ...(tally.unindexed > 0 ? [`${tally.unindexed} faces left out by the quality filter or --max-faces`] : []),
        ...(tally.passedOver > 0 ? [`${tally.passedOver} images were indexed before (--again does them anew)`] : []),
        ...failureLines(failures),
      ].join('\n'),
    );
    if (bulk.isInterrupted) return exitCodes.interrupted;
    return failures.length > 0 ? (failures.length === todo.length ? exitCodes.failed : exitCodes.partly) : exitCodes.ok;
  } finally {
    await close();
  }
}

/**
 * Images under way at once: while every worker looks at one, another is read or stored. Measured in one process, more than
 * that gained nothing.
 */
export function inFlight(workers: number): number {
  return workers + 1;
}
