import { join } from 'node:path';
import type { OwnResponseOf } from '../../contract/index.ts';
import { type ListedPerson, readPersonList } from '../celebrity-list.ts';
import { type Connection, configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { readImage } from '../images.ts';
import { openJournal, stateOf } from '../journal.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress, duration } from '../progress.ts';
import { photoOutcomes } from './celebrities.ts';

/** Options of `likeness celebrities import`. */
export interface ImportCelebritiesFlags extends GlobalOptions {
  readonly concurrency?: number;
  readonly again?: boolean;
}

/** A photo that was not taken, and whom of the gallery it looks like where the key may be told. */
interface LeftPhoto {
  readonly photo: string;
  readonly name: string;
  readonly celebrityId: string;
  readonly outcome: OwnResponseOf<'AddCelebrityPhoto'>['outcome'];
  readonly looksLike?: string;
}

/** Of so many photos it is asked whom they look like: each is a search, of which there are so many an hour. */
const mostAsked = 50;

/**
 * Takes people into the gallery. Photos that an earlier run took are passed over: a run that was stopped goes on where
 * it was. The photos of one person are looked at one after another, for each is held against those before it.
 *
 * @returns the exit code
 */
export async function runImportCelebrities(
  path: string,
  flags: ImportCelebritiesFlags,
  terminal: Terminal,
): Promise<number> {
  const { root, people, problems } = await readPersonList(path);
  const config = configOf(flags);
  const concurrency = flags.concurrency ?? config.workers;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) throw new UsageError('--concurrency is a number from 1');
  const connection = await connect(flags, terminal);
  const { own } = connection;
  const journal = openJournal(join(config.dataDir, 'import-journals'), ['celebrities', connection.where, root]);
  const progress = createProgress(terminal, 'files');
  const startedMs = Date.now();
  const tally = { people: 0, created: 0, photos: 0, taken: 0, known: 0, passedOver: 0 };
  const failures = problems.map(({ where, error }) => ({ where, error }));
  const left: LeftPhoto[] = [];
  const optedOut: string[] = [];
  const without: string[] = [];
  let interrupted = false;
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; run the same command again to go on');
    interrupted = true;
  };
  const seen = (photos: number) => {
    tally.photos += photos;
    progress.update(tally.photos, { failed: failures.length + left.length });
  };

  async function takePhoto(person: ListedPerson, celebrityId: string, photo: string, isKnownHere: boolean) {
    const state = stateOf(root, photo);
    if (isKnownHere && flags.again !== true && journal.has(state)) {
      tally.passedOver += 1;
      return true;
    }
    const { Bytes } = await readImage(join(root, photo));
    const { outcome } = await own('AddCelebrityPhoto', {
      celebrityId,
      image: Buffer.from(Bytes).toString('base64'),
    });
    if (outcome === 'stored') tally.taken += 1;
    else if (outcome === 'known') tally.known += 1;
    else left.push({ photo, name: person.details.name, celebrityId, outcome });
    const isIn = outcome === 'stored' || outcome === 'known';
    if (isIn) journal.add(state);
    return isIn;
  }

  async function takePerson(person: ListedPerson): Promise<void> {
    const { name } = person.details;
    let celebrity: OwnResponseOf<'PutCelebrity'>['celebrity'];
    try {
      const put = await own('PutCelebrity', person.details);
      celebrity = put.celebrity;
      tally.people += 1;
      if (put.created) tally.created += 1;
    } catch (error) {
      if (isOptOut(error)) optedOut.push(name);
      else failures.push({ where: name, error: wordsOf(error) });
      seen(person.photos.length);
      return;
    }
    // What a journal says of a gallery that was made anew, or of a person who was removed, counts no more.
    const isKnownHere = celebrity.faces > 0;
    let taken = celebrity.faces;
    for (const photo of person.photos) {
      if (interrupted) return;
      try {
        if (await takePhoto(person, celebrity.celebrityId, photo, isKnownHere)) taken += 1;
      } catch (error) {
        failures.push({ where: photo, error: wordsOf(error) });
      }
      seen(1);
    }
    if (taken === 0) without.push(name);
  }

  process.once('SIGINT', onInterrupt);
  try {
    // Says at once when there is no gallery, instead of for each person.
    await own('ListCelebrities', { limit: 1 });
    progress.start(
      'Taking public figures into the gallery',
      people.reduce((sum, { photos }) => sum + photos.length, 0),
    );
    let next = 0;
    const worker = async () => {
      while (next < people.length && !interrupted) await takePerson(people[next++] as ListedPerson);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    progress.stop();
    const asked = await askWhomTheyLookLike(left, root, config.celebrityCollection, connection);
    const seconds = (Date.now() - startedMs) / 1000;
    const told = { ...tally, seconds, left: asked, optedOut, withoutPhoto: without, failures };
    printResult(terminal, flags.json === true, told, () => reportOf(told));
    if (interrupted) return exitCodes.interrupted;
    if (failures.length + left.length + without.length === 0) return exitCodes.ok;
    return tally.taken + tally.known + tally.passedOver === 0 ? exitCodes.failed : exitCodes.partly;
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.stop();
    await connection.close();
  }
}

/**
 * The server says that a photo looks like another person, not like whom: that is a search, and whoever may search is
 * told. A key that may not, or has searched enough, leaves the names out.
 */
async function askWhomTheyLookLike(
  left: readonly LeftPhoto[],
  root: string,
  gallery: string | undefined,
  { api, own }: Pick<Connection, 'api' | 'own'>,
): Promise<readonly LeftPhoto[]> {
  let asked = 0;
  const told: LeftPhoto[] = [];
  for (const one of left) {
    const looksLike =
      gallery === undefined || one.outcome !== 'like-another' || asked >= mostAsked
        ? undefined
        : await whomItLooksLike(one, root, gallery, { api, own }).catch(() => {
            asked = mostAsked;
            return undefined;
          });
    asked += one.outcome === 'like-another' ? 1 : 0;
    told.push({ ...one, ...(looksLike !== undefined && { looksLike }) });
  }
  return told;
}

async function whomItLooksLike(
  { photo, celebrityId }: LeftPhoto,
  root: string,
  gallery: string,
  { api, own }: Pick<Connection, 'api' | 'own'>,
): Promise<string | undefined> {
  const { FaceMatches = [] } = await api.searchFacesByImage({
    CollectionId: gallery,
    Image: await readImage(join(root, photo)),
    MaxFaces: 20,
  });
  const other = FaceMatches.find(({ Face }) => Face?.ExternalImageId !== celebrityId);
  const id = other?.Face?.ExternalImageId ?? other?.Face?.UserId;
  if (id === undefined) return undefined;
  const { celebrity } = await own('DescribeCelebrity', { celebrityId: id });
  return `${celebrity.name} (${id}) at ${other?.Similarity?.toFixed(1)}`;
}

function reportOf(told: {
  readonly people: number;
  readonly created: number;
  readonly taken: number;
  readonly known: number;
  readonly passedOver: number;
  readonly seconds: number;
  readonly left: readonly LeftPhoto[];
  readonly optedOut: readonly string[];
  readonly withoutPhoto: readonly string[];
  readonly failures: readonly { readonly where: string; readonly error: string }[];
}): string {
  const before = told.known + told.passedOver;
  const doubtful = told.left.filter(({ outcome }) => outcome === 'unlike' || outcome === 'like-another');
  return [
    `${told.taken} photos of ${told.people} people taken in ${duration(told.seconds)}; ${told.created} of the people are new`,
    ...(before > 0 ? [`${before} photos had been taken before`] : []),
    ...told.left.map(
      ({ photo, name, outcome, looksLike }) =>
        `${photo} (${name}) ${photoOutcomes[outcome]}${looksLike === undefined ? '' : `: ${looksLike}`}`,
    ),
    ...(doubtful[0] === undefined
      ? []
      : [
          'Look at those that were not taken. Where one does show the person: ' +
            `likeness celebrities add-photo <id> <image> --confirmed (${doubtful[0].name} is ${doubtful[0].celebrityId}). ` +
            'Where several are unlike the first of a person, the first may be of somebody else.',
        ]),
    ...told.withoutPhoto.map((name) => `${name} has no photo in the gallery, and is forgotten after an hour`),
    ...told.optedOut.map((name) => `${name} asked not to be recognised, and was passed over`),
    ...told.failures.map(({ where, error }) => `failed: ${where}: ${error}`),
  ].join('\n');
}

function isOptOut(error: unknown): boolean {
  return (error as Error).name === 'AccessDeniedException' && (error as Error).message.includes('celebrity-opt-out');
}

function wordsOf(error: unknown): string {
  return `${(error as Error).name}: ${(error as Error).message}`;
}
