import type { QualityFilter } from '@aws-sdk/client-rekognition';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { openImageSource } from '../moving/image-source.ts';
import { type Failure, failureLines, inBulk } from '../moving/in-bulk.ts';
import { ensureCollection, freeFacesByName, makeUsers, openResults, subjectIdOf } from '../moving/migration.ts';
import { printResult, type Terminal } from '../output.ts';
import { duration } from '../progress.ts';
import { inFlight } from './index-folder.ts';

/** Options that every migration takes. */
export interface MigrationFlags extends GlobalOptions {
  /** The collection that it goes into. */
  readonly into: string;
  /** Of the collection, where it is made. */
  readonly purpose?: string;
  readonly users?: boolean;
  readonly concurrency?: number;
}

const noFace: Pick<Failure, 'code' | 'message'> = {
  code: 'NoFace',
  message: 'no face was found in it that is good enough',
};

/**
 * Brings a folder of folders over, each named after a person and holding photos of them: the largest face of each photo
 * is indexed under the name.
 *
 * @returns the exit code
 */
export async function runMigrateFolder(folder: string, flags: MigrationFlags, terminal: Terminal): Promise<number> {
  const config = configOf(flags);
  const source = openImageSource(folder, config);
  const images = await source.list();
  const prefix = source.name.startsWith('s3://') ? (/^s3:\/\/[^/]+\/(.*)$/.exec(source.name)?.[1] ?? '') : '';
  const named = images.map((image) => ({ image, person: personOf(image.file.slice(prefix.length)) }));
  const unnamed = named.filter(({ person }) => person === undefined);
  if (named.length === unnamed.length) {
    throw new UsageError(`${folder} holds no folder of photos: each person's photos lie in a folder of their name`);
  }
  const { api, close } = await connect(flags, terminal);
  try {
    const madeAt = await ensureCollection(api, flags.into, flags.purpose);
    const results = openResults<number>(config.dataDir, ['folder', flags.into, madeAt, source.name]);
    const keyOf = ({ file, size, mtimeMs }: (typeof images)[number]) => JSON.stringify([file, size, mtimeMs]);
    const todo = named.filter(({ image, person }) => person !== undefined && results.get(keyOf(image)) === undefined);
    const bulk = await inBulk(
      todo,
      {
        label: `Indexing into ${flags.into}`,
        unit: 'files',
        atOnce: flags.concurrency ?? inFlight(config.workers),
        terminal,
        nameOf: ({ image }) => image.file,
      },
      async ({ image, person = '' }) => {
        const { FaceRecords = [] } = await api.indexFaces({
          CollectionId: flags.into,
          Image: await source.image(image.file),
          ExternalImageId: subjectIdOf(person),
          MaxFaces: 1,
          QualityFilter: 'AUTO' satisfies QualityFilter,
        });
        if (FaceRecords.length === 0) throw Object.assign(new Error(noFace.message), { name: noFace.code });
        results.add(keyOf(image), FaceRecords.length);
      },
    );
    const people = new Set(named.flatMap(({ person }) => (person === undefined ? [] : [subjectIdOf(person)])));
    const users =
      flags.users === true && !bulk.isInterrupted ? await usersByName(api, flags.into, people, terminal) : undefined;
    const failures = [
      ...bulk.failures,
      ...unnamed.map(({ image }) => ({
        item: image.file,
        code: 'NoName',
        message: 'it lies in no folder of a name',
      })),
      ...(users?.failures ?? []),
    ];
    const renamed = [...new Set(named.flatMap(({ person }) => person ?? []))].filter(
      (name) => subjectIdOf(name) !== name,
    );
    const told = {
      collectionId: flags.into,
      people: people.size,
      images: bulk.tried - bulk.failures.length,
      before: named.length - unnamed.length - todo.length,
      ...(users && { users: users.users, associated: users.associated }),
      renamed: renamed.map((name) => ({ name, externalImageId: subjectIdOf(name) })),
      failures,
      seconds: bulk.seconds,
    };
    printResult(terminal, flags.json === true, told, () =>
      [
        `${told.images} photos of ${told.people} people came over into ${flags.into} (${duration(bulk.seconds)})`,
        ...(told.before > 0 ? [`${told.before} came over in an earlier run`] : []),
        ...(users ? [`${users.users} users, ${users.associated} faces given to them`] : []),
        ...(renamed.length > 0
          ? [
              `${renamed.length} names hold characters that the API does not allow: ${renamed[0]} is ${subjectIdOf(renamed[0] ?? '')}`,
            ]
          : []),
        ...failureLines(failures),
      ].join('\n'),
    );
    return exitCodeFor(bulk.isInterrupted || users?.isInterrupted === true, failures.length, told.images + told.before);
  } finally {
    await close();
  }
}

/** Users of these names with the faces under their names. */
export async function usersByName(
  api: Parameters<typeof makeUsers>[0],
  collectionId: string,
  names: Iterable<string>,
  terminal: Terminal,
): ReturnType<typeof makeUsers> {
  const free = await freeFacesByName(api, collectionId);
  const users = new Map([...names].map((name) => [name, free.get(name) ?? []]));
  return makeUsers(api, collectionId, users, terminal);
}

/** What a migration's exit code is. */
export function exitCodeFor(isInterrupted: boolean, failed: number, done: number): number {
  if (isInterrupted) return exitCodes.interrupted;
  if (failed === 0) return exitCodes.ok;
  return done === 0 ? exitCodes.failed : exitCodes.partly;
}

function personOf(path: string): string | undefined {
  const [first, ...rest] = path.replace(/^\/+/, '').split('/');
  return rest.length > 0 && first !== '' ? first : undefined;
}
