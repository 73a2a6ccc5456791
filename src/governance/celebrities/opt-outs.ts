import { createHash } from 'node:crypto';
import { SealBrokenError, type Sealer } from '../../shared/sealing.ts';
import type { DocumentStore } from '../../stores/ports/index.ts';
import type { LineFile } from '../../stores/ports/line-file.ts';
import { type Celebrity, foldedName } from './celebrity.ts';

/** A person who does not want to be recognised. */
export interface CelebrityOptOut {
  readonly optOutId: string;
  /** As it was given. */
  readonly name?: string;
  readonly wikidata?: string;
  /** Under which they were in the gallery. */
  readonly celebrityIds: readonly string[];
  /** Who recorded it. */
  readonly person: string;
  readonly reason?: string;
  readonly recordedAtMs: number;
}

/** The opt-out list cannot be trusted; the message says where and what to do. */
export class OptOutError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OptOutError';
  }
}

/** Who asked not to be recognised; kept outside the data folder and its backups, so that a restore forgets nobody. */
export interface CelebrityOptOuts {
  /** Durable when it has resolved. */
  add(wanted: Omit<CelebrityOptOut, 'optOutId' | 'recordedAtMs'>): Promise<CelebrityOptOut>;
  /** False when there was none. */
  remove(optOutId: string, by: { readonly person: string; readonly reason: string }): Promise<boolean>;
  /** In the order in which they were recorded. */
  list(): readonly CelebrityOptOut[];
  /** By Wikidata id, by name, or by an id that they had in the gallery: any of them is enough. */
  covers(person: Partial<Pick<Celebrity, 'celebrityId' | 'name' | 'wikidata'>>): boolean;
}

/** A line of the file, sealed. */
type Entry =
  | { readonly kind: 'added'; readonly optOut: CelebrityOptOut }
  | {
      readonly kind: 'removed';
      readonly optOutId: string;
      readonly person: string;
      readonly reason: string;
      readonly atMs: number;
    };

const headId = 'celebrity-opt-outs';

/**
 * Opens the list. Each line is sealed about its number and the line before it, so that one that was changed, moved or
 * taken from the middle does not open; how many there are is noted with the data, so that a shortened file shows.
 *
 * @param parts.ids a fresh id
 * @throws {OptOutError} naming the first line that does not open
 */
export async function openCelebrityOptOuts(parts: {
  readonly file: LineFile;
  /** For messages. */
  readonly path: string;
  readonly sealer: Sealer;
  readonly documents: Pick<DocumentStore, 'read' | 'change'>;
  readonly clock: () => number;
  readonly ids: () => string;
  readonly notice: (notice: string) => void;
}): Promise<CelebrityOptOuts> {
  const { file, path, sealer, documents, clock, ids } = parts;
  const standing = new Map<string, CelebrityOptOut>();
  let lines: readonly string[] = [];
  let names = new Set<string>();

  const open = (line: string, index: number, before: string): Entry => {
    try {
      const plain = sealer.open(Buffer.from(line, 'base64'), aboutLine(index, before));
      return JSON.parse(Buffer.from(plain).toString('utf8')) as Entry;
    } catch (cause) {
      if (!(cause instanceof SealBrokenError)) throw cause;
      throw new OptOutError(
        `${path} is not as this server wrote it: line ${index + 1} was changed, moved, or follows one that was dropped, or the keys of another data folder are in use. ` +
          'Bring the file back from a copy. Without one, move it aside and record anew who does not want to be recognised.',
        { cause },
      );
    }
  };
  const keep = (entry: Entry): void => {
    if (entry.kind === 'added') standing.set(entry.optOut.optOutId, entry.optOut);
    else standing.delete(entry.optOutId);
  };
  const index = (): void => {
    names = new Set([...standing.values()].flatMap(keysOf));
  };
  const load = async (): Promise<void> => {
    standing.clear();
    lines = await file.read();
    lines.forEach((line, i) => {
      keep(open(line, i, lines[i - 1] ?? ''));
    });
    index();
  };
  const noteHead = (): Promise<void> =>
    documents.change((change) => change.put('setting', headId, { count: lines.length }));

  await load();
  const head = (await documents.read((view) => view.get('setting', headId)))?.body as
    | { readonly count: number }
    | undefined;
  if (head !== undefined && head.count > lines.length) {
    parts.notice(
      `${path} lacks ${head.count - lines.length} of the lines that this data folder knows of: people who asked not to be recognised may be missing. Bring the file back from a copy, and find out who changed it.`,
    );
  }

  let tail: Promise<unknown> = Promise.resolve();
  const append = <T>(work: () => { readonly entry: Entry; readonly answer: T } | undefined): Promise<T | undefined> => {
    const next = tail.then(async () => {
      const wanted = work();
      if (wanted === undefined) return undefined;
      const about = aboutLine(lines.length, lines.at(-1) ?? '');
      const sealed = sealer.seal(Buffer.from(JSON.stringify(wanted.entry), 'utf8'), about);
      const line = Buffer.from(sealed).toString('base64');
      try {
        await file.append([line]);
      } catch (error) {
        // A part of it may be on disk: the next line must follow what is there.
        await load();
        throw error;
      }
      lines = [...lines, line];
      keep(wanted.entry);
      index();
      await noteHead();
      return wanted.answer;
    });
    tail = next.catch(() => {});
    return next;
  };

  return {
    async add(wanted) {
      const optOut: CelebrityOptOut = { ...wanted, optOutId: ids(), recordedAtMs: clock() };
      await append(() => ({ entry: { kind: 'added', optOut }, answer: optOut }));
      return optOut;
    },
    async remove(optOutId, { person, reason }) {
      const removed = await append(() =>
        standing.has(optOutId)
          ? { entry: { kind: 'removed', optOutId, person, reason, atMs: clock() }, answer: true }
          : undefined,
      );
      return removed === true;
    },
    list: () => [...standing.values()],
    covers({ celebrityId, name, wikidata }) {
      if (names.size === 0) return false;
      const asked = keysOf({
        celebrityIds: celebrityId === undefined ? [] : [celebrityId],
        ...(name !== undefined && { name }),
        ...(wikidata !== undefined && { wikidata }),
      });
      return asked.some((key) => names.has(key));
    },
  };
}

function keysOf({
  name,
  wikidata,
  celebrityIds,
}: Pick<CelebrityOptOut, 'name' | 'wikidata' | 'celebrityIds'>): string[] {
  return [
    ...(name === undefined ? [] : [`name ${foldedName(name)}`]),
    ...(wikidata === undefined ? [] : [`wikidata ${wikidata}`]),
    ...celebrityIds.map((id) => `id ${id}`),
  ];
}

function aboutLine(index: number, before: string): string {
  return `celebrity opt-out ${index} ${createHash('sha256').update(before).digest('hex')}`;
}
