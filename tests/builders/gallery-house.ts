import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreInto } from '../../src/compose/restore.ts';
import { type Config, loadConfig } from '../../src/config/index.ts';
import type { Caller } from '../../src/governance/index.ts';
import { type WiredHouse, wire } from './open-house.ts';
import { type Person, photoOf, type Shown, scriptedVision } from './review-house.ts';

/** The id of the gallery. */
export const gallery = 'public-figures';

/** A whole server with a scripted pool whose configuration names a gallery of public figures. */
export interface GalleryHouse {
  readonly house: WiredHouse;
  readonly vision: Awaited<ReturnType<typeof scriptedVision>>;
  readonly config: Config;
  readonly notices: readonly string[];
  readonly operator: Person;
  as(changes: Partial<Caller>): Person;
  /** Records a public figure with these photos. @returns the id */
  celebrity(name: string, photos: readonly (string | Shown)[], wikidata?: string): Promise<string>;
  addPhoto(celebrityId: string, shown: string | Shown, isConfirmed?: boolean): Promise<string>;
  /** Whom a photo's faces are recognised as. */
  recognized(...shown: readonly (string | Shown)[]): Promise<readonly (string | undefined)[]>;
  backUp(): Promise<string>;
  /** Closes the server and opens the folder again. @param backup restored in between */
  restart(backup?: string): Promise<GalleryHouse>;
  close(): Promise<void>;
  /** Closes the server and removes what it kept. */
  discard(): Promise<void>;
}

/** Opens the house. @param options.purpose of the gallery; null: there is none */
export async function openGalleryHouse(
  options: { env?: Readonly<Record<string, string>>; purpose?: string | null; folder?: string } = {},
): Promise<GalleryHouse> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'likeness-gallery-'));
  const config = loadConfig({
    env: {
      LIKENESS_DATA_DIR: join(folder, 'data'),
      LIKENESS_TRUST_DIR: join(folder, 'trust'),
      LIKENESS_CELEBRITY_COLLECTION: gallery,
      ...options.env,
    },
    cwd: folder,
  });
  const vision = await scriptedVision();
  const notices: string[] = [];
  const house = await wire(config, { vision, onNotice: (notice) => notices.push(notice) });
  const as = (changes: Partial<Caller>): Person => {
    const caller: Caller = { ...house.localCaller, ...changes };
    const send = (operation: string, request: unknown) =>
      house.dispatch({ requestId: randomUUID(), caller, operation, request, signal: new AbortController().signal });
    return {
      caller,
      ask: (name, request) => send(name, request) as Promise<never>,
      own: async (name, request) => (await send(name, request)).response as never,
    };
  };
  const operator = as({});
  const purpose = options.purpose === undefined ? 'media-archive' : options.purpose;
  if (options.folder === undefined && purpose !== null) {
    await operator.ask('CreateCollection', { CollectionId: gallery, Tags: { 'likeness:purpose': purpose } });
  }
  const addPhoto: GalleryHouse['addPhoto'] = async (celebrityId, shown, isConfirmed = false) => {
    const image = Buffer.from(photoOf(shown).Bytes).toString('base64');
    return (await operator.own('AddCelebrityPhoto', { celebrityId, image, isConfirmed })).outcome;
  };
  return {
    house,
    vision,
    config,
    notices,
    operator,
    as,
    addPhoto,
    async celebrity(name, photos, wikidata) {
      const { celebrity } = await operator.own('PutCelebrity', { name, ...(wikidata !== undefined && { wikidata }) });
      for (const photo of photos) await addPhoto(celebrity.celebrityId, photo, true);
      return celebrity.celebrityId;
    },
    async recognized(...shown) {
      const { response } = await operator.ask('RecognizeCelebrities', { Image: photoOf(...shown) });
      return (response.CelebrityFaces ?? []).map(({ Name }) => Name);
    },
    async backUp() {
      const { backup } = await operator.own('CreateBackup', {});
      for (;;) {
        const found = (await operator.own('ListBackups', {})).backups.find((one) => one.backupId === backup.backupId);
        if (found?.state === 'ready') return backup.file;
        if (found?.state !== 'running') throw new Error(`the backup is ${found?.state}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async restart(backup) {
      await house.close();
      if (backup !== undefined) await restoreInto(config, backup);
      return openGalleryHouse({ ...options, folder });
    },
    close: () => house.close(),
    async discard() {
      await house.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
