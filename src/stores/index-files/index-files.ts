import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sealer } from '../../shared/sealing.ts';
import type { VectorIndex } from '../ports/vectors.ts';
import { bytesPerCode } from '../vectors/codes/codes.ts';
import { type FileSubject, GroupFile, type GroupState } from './group-file.ts';

/** Whose codes a file holds. */
export interface FileOwner {
  /** Never given to another. */
  readonly number: number;
  readonly modelVersion: string;
  readonly dimensions: number;
  /** The space of the index. */
  readonly space: string;
  /** Of the collection; what it sealed cannot be read once its key is destroyed. */
  readonly sealer: Sealer;
}

/** What is large enough to be kept, with the state of its groups by their rows, at this moment. */
export interface KeptCollection {
  readonly owner: FileOwner;
  /** Changes whenever a group does. */
  readonly version: string;
  readonly groups: () => ReadonlyMap<number, GroupState>;
  readonly group: (group: number) => GroupState | undefined;
}

interface OpenFile {
  readonly file: GroupFile;
  readonly modelVersion: string;
  /** What rows the records are of. */
  readonly written: Map<number, GroupState>;
  /** As of which version everything is written. */
  version: string | undefined;
}

const FLUSH_EVERY_MS = 5_000;

/**
 * Keeps the codes of large collections on disk, so that a start reads 0.3 KB a face instead of opening every template.
 * The rows are the truth: a record counts only while it is of the very rows that its group has, and what is missing is
 * made of the rows. Files hold nothing that the rows do not, are no part of a backup and may be deleted at any time
 * while the server is stopped.
 */
export class IndexFiles {
  readonly #folder: string;
  readonly #index: VectorIndex;
  readonly #kept: () => readonly KeptCollection[];
  readonly #open = new Map<number, OpenFile>();
  /** Groups whose records hold what was deleted. */
  readonly #stale = new Map<number, Set<number>>();
  readonly #dropped = new Set<number>();
  /** The end of what is being done with the files, one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param parts.kept what should be on disk now; asked between transactions only */
  constructor(parts: { folder: string; index: VectorIndex; kept: () => readonly KeptCollection[] }) {
    this.#folder = parts.folder;
    this.#index = parts.index;
    this.#kept = parts.kept;
  }

  /** Begins to write what changes, every few seconds. */
  start(): void {
    this.#timer = setInterval(() => void this.flush().catch(() => {}), FLUSH_EVERY_MS);
    this.#timer.unref();
  }

  /**
   * Puts the groups that are on disk as their rows are now into the index's space, which `createSpace` makes with the
   * mean of their codes. Records of anything else are destroyed.
   *
   * @returns the groups that were put; undefined when there is no file, and no space was made
   */
  async load(
    owner: FileOwner,
    groups: ReadonlyMap<number, GroupState>,
    createSpace: (mean: Float32Array) => void,
  ): Promise<ReadonlySet<number> | undefined> {
    return this.#one(async () => {
      const file = await GroupFile.open(this.#pathOf(owner.number), owner.sealer, subjectOf(owner));
      if (file === undefined) return undefined;
      const open: OpenFile = { file, modelVersion: owner.modelVersion, written: new Map(), version: undefined };
      this.#open.set(owner.number, open);
      createSpace(file.mean);
      let faces = 0;
      for (const state of groups.values()) faces += state.faces;
      this.#index.reserve(owner.space, faces);
      const strays: number[] = [];
      const present = await file.groups();
      let next = present[0] === undefined ? undefined : file.read(present[0]);
      for (const [i, group] of present.entries()) {
        const record = await next;
        // Read while this one is taken in.
        const following = present[i + 1];
        next = following === undefined ? undefined : file.read(following);
        next?.catch(() => {});
        const state = groups.get(group);
        if (record === undefined || !isSame(record.state, state) || record.codes.count !== state?.faces) {
          strays.push(group);
          continue;
        }
        try {
          this.#index.putGroup(owner.space, record.codes);
        } catch (error) {
          await next?.catch(() => {});
          throw error;
        }
        open.written.set(group, record.state);
      }
      if (strays.length > 0) await file.forget(strays);
      return new Set(open.written.keys());
    });
  }

  /** Notes that a record holds what is being deleted; {@link IndexFiles.settle} destroys it. */
  noteDeleted(number: number, group: number): void {
    const groups = this.#stale.get(number);
    if (groups === undefined) this.#stale.set(number, new Set([group]));
    else groups.add(group);
  }

  /** Notes that a collection is gone, or of another model; {@link IndexFiles.settle} removes its file. */
  noteDropped(number: number): void {
    this.#dropped.add(number);
  }

  /** Resolves when nothing that was noted as deleted can be read from the files any more. */
  async settle(): Promise<void> {
    if (this.#stale.size === 0 && this.#dropped.size === 0) return;
    await this.#one(() => this.#settleNow());
  }

  /** Writes the groups that have changed; what is noted meanwhile is settled in between. */
  async flush(): Promise<void> {
    for (const kept of this.#kept()) {
      const open = await this.#one(() => this.#openFor(kept));
      if (open === undefined || open.version === kept.version) continue;
      let complete = true;
      for (const group of kept.groups().keys()) {
        if (this.#closed) return;
        complete = (await this.#one(() => this.#writeOne(kept, open, group))) && complete;
      }
      if (complete) open.version = kept.version;
    }
  }

  /** Destroys what is kept of a collection that is too small for it now. */
  async discard(owner: FileOwner): Promise<void> {
    await this.#one(async () => {
      const file = await GroupFile.open(this.#pathOf(owner.number), owner.sealer, subjectOf(owner));
      if (file !== undefined) await file.remove();
      else await rm(this.#pathOf(owner.number), { force: true });
    });
  }

  /** Removes the files of all collections but these; without their collections' keys nothing can be read of them. */
  async removeOthers(numbers: ReadonlySet<number>): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      const number = Number(/^(\d+)\.codes$/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isInteger(number) && !numbers.has(number)) await rm(join(this.#folder, name), { force: true });
    }
  }

  /** Writes what is left to write, and closes the files. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.settle();
      await this.flush();
    } catch {
      // What is not on disk is made of the rows at the next start.
    }
    this.#closed = true;
    await this.#one(async () => {
      for (const { file } of this.#open.values()) await file.close();
      this.#open.clear();
    });
  }

  #pathOf(number: number): string {
    return join(this.#folder, `${number}.codes`);
  }

  #one<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #settleNow(): Promise<void> {
    for (const number of [...this.#stale.keys()]) {
      // Taken before it is done: what is noted meanwhile is another's to settle.
      const groups = this.#stale.get(number) ?? new Set();
      this.#stale.delete(number);
      const open = this.#open.get(number);
      if (open === undefined) continue;
      open.version = undefined;
      for (const group of groups) open.written.delete(group);
      try {
        await open.file.forget(groups);
      } catch (error) {
        for (const group of groups) this.noteDeleted(number, group);
        throw error;
      }
    }
    for (const number of [...this.#dropped]) {
      await this.#remove(number);
      this.#dropped.delete(number);
    }
  }

  async #remove(number: number): Promise<void> {
    const open = this.#open.get(number);
    this.#open.delete(number);
    if (open !== undefined) await open.file.remove();
    else await rm(this.#pathOf(number), { force: true });
  }

  /** The file for a collection as it is now; undefined when there is nothing to keep of it. */
  async #openFor({ owner }: KeptCollection): Promise<OpenFile | undefined> {
    if (this.#dropped.has(owner.number)) return undefined;
    const mean = this.#index.codeMean(owner.space);
    if (mean === undefined) return undefined;
    const before = this.#open.get(owner.number);
    if (before !== undefined && before.modelVersion === owner.modelVersion && isEqual(before.file.mean, mean)) {
      return before;
    }
    if (before !== undefined) await this.#remove(owner.number);
    const file = await GroupFile.create(this.#pathOf(owner.number), owner.sealer, subjectOf(owner), mean);
    const open = { file, modelVersion: owner.modelVersion, written: new Map(), version: undefined };
    this.#open.set(owner.number, open);
    return open;
  }

  /** @returns false when the group cannot be written now */
  async #writeOne(kept: KeptCollection, open: OpenFile, group: number): Promise<boolean> {
    if (this.#open.get(kept.owner.number) !== open) return false;
    // Rows and index as of now, in one turn.
    const state = kept.group(group);
    if (state === undefined || isSame(open.written.get(group), state)) return true;
    const codes = this.#index.readGroup(kept.owner.space, group);
    if (codes?.count !== state.faces) return false;
    open.written.delete(group);
    await open.file.write(codes, state);
    open.written.set(group, state);
    return true;
  }
}

function subjectOf({ number, modelVersion, dimensions }: FileOwner): FileSubject {
  return { collectionNumber: number, modelVersion, dimensions, bytesPerVector: bytesPerCode(dimensions) };
}

function isSame(one: GroupState | undefined, other: GroupState | undefined): boolean {
  return one !== undefined && other !== undefined && one.faces === other.faces && one.sum === other.sum;
}

function isEqual(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}
