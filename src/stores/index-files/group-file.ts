import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readAt } from '../../shared/files.ts';
import {
  createSealer,
  keyBytes,
  makeKeyBytes,
  SealBrokenError,
  type Sealer,
  sealOverheadBytes,
} from '../../shared/sealing.ts';
import { type GroupCodes, VECTORS_PER_GROUP } from '../ports/vectors.ts';

/** Of what rows a record was made: how many faces its group had, and the sum of their checksums. */
export interface GroupState {
  readonly faces: number;
  readonly sum: number;
}

/** What a file is of; a file of anything else is none. */
export interface FileSubject {
  readonly collectionNumber: number;
  readonly modelVersion: string;
  readonly dimensions: number;
  readonly bytesPerVector: number;
}

const HEAD_BYTES = 16_384;
const VERSION = 1;
/** The record's own key, sealed. */
const KEY_PART = 64;
const LENGTH_PART = 8;
const BOUNDS = 3;
const META_BYTES = 8 * (3 + BOUNDS);
const PAGE = 4096;

/**
 * A collection's codes on disk, a record for each group at a place of its own. Every record is sealed under a key that
 * stands before it, itself sealed under the collection's: overwriting these few bytes makes what was deleted unreadable.
 * Whatever does not open, because of a torn write or a flipped bit, is as if it were not there. Calls must not overlap.
 */
export class GroupFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #sealer: Sealer;
  readonly #subject: FileSubject;
  readonly #name: string;
  /** `[dimensions]`: what the codes are made against. */
  readonly mean: Float32Array;

  private constructor(parts: {
    handle: FileHandle;
    path: string;
    sealer: Sealer;
    subject: FileSubject;
    name: string;
    mean: Float32Array;
  }) {
    this.#handle = parts.handle;
    this.#path = parts.path;
    this.#sealer = parts.sealer;
    this.#subject = parts.subject;
    this.#name = parts.name;
    this.mean = parts.mean;
  }

  /** Makes a file without records, in the place of any other. @param sealer of the collection */
  static async create(path: string, sealer: Sealer, subject: FileSubject, mean: Float32Array): Promise<GroupFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      const name = Buffer.from(makeKeyBytes()).toString('hex');
      const head = JSON.stringify({ name, mean: Buffer.from(bytesOf(mean)).toString('base64') });
      const sealed = sealer.seal(Buffer.from(head, 'utf8'), aboutHead(subject));
      if (LENGTH_PART + sealed.length > HEAD_BYTES) throw new RangeError('a head that is too long');
      await handle.write(Buffer.concat([lengthPart(sealed.length), sealed]), 0, undefined, 0);
      return new GroupFile({ handle, path, sealer, subject, name, mean: Float32Array.from(mean) });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Undefined when there is none, or it is of something else. */
  static async open(path: string, sealer: Sealer, subject: FileSubject): Promise<GroupFile | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDWR);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const bytes = await readAt(handle, 0, HEAD_BYTES);
      const length = lengthIn(bytes);
      const head = openedHead(sealer, bytes.subarray(LENGTH_PART, LENGTH_PART + length), subject);
      if (head === undefined) {
        await handle.close();
        return undefined;
      }
      return new GroupFile({ handle, path, sealer, subject, ...head });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Writes a group's record; it is not waited for that it reaches the disk. */
  async write(codes: GroupCodes, state: GroupState): Promise<void> {
    const key = makeKeyBytes();
    const meta = new Float64Array([codes.count, state.faces, state.sum, ...codes.bounds]);
    const body = createSealer(key).seal(Buffer.concat([bytesOf(meta), codes.bytes]), this.#about(codes.group));
    const keyPart = Buffer.alloc(KEY_PART);
    keyPart.set(this.#sealer.seal(key, this.#about(codes.group)));
    const at = this.#placeOf(codes.group);
    // The key comes last: a write that is cut short leaves a key and a body that do not belong together.
    await this.#handle.write(Buffer.concat([lengthPart(body.length), body]), 0, undefined, at + KEY_PART);
    await this.#handle.write(keyPart, 0, undefined, at);
  }

  /** Undefined when there is none that can be trusted. */
  async read(group: number): Promise<{ codes: GroupCodes; state: GroupState } | undefined> {
    const at = this.#placeOf(group);
    const head = await readAt(this.#handle, at, KEY_PART + LENGTH_PART);
    const length = head.length < KEY_PART + LENGTH_PART ? 0 : lengthIn(head.subarray(KEY_PART));
    if (length === 0 || length > this.#recordBytes) return undefined;
    const body = await readAt(this.#handle, at + KEY_PART + LENGTH_PART, length);
    try {
      const key = this.#sealer.open(head.subarray(0, keyBytes + sealOverheadBytes), this.#about(group));
      const plain = createSealer(key).open(body, this.#about(group));
      const meta = new Float64Array(plain.buffer.slice(plain.byteOffset, plain.byteOffset + META_BYTES));
      const [count = 0, faces = 0, sum = 0, ...bounds] = meta;
      const bytes = plain.subarray(META_BYTES);
      return { codes: { group, count, bytes, bounds }, state: { faces, sum } };
    } catch (error) {
      if (error instanceof SealBrokenError) return undefined;
      throw error;
    }
  }

  /** Destroys the keys of groups' records; resolves when that has reached the disk. */
  async forget(groups: Iterable<number>): Promise<void> {
    for (const group of groups) await this.#handle.write(Buffer.alloc(KEY_PART), 0, undefined, this.#placeOf(group));
    await this.#handle.datasync();
  }

  /** The groups that have a record, whether it opens or not. */
  async groups(): Promise<number[]> {
    const { size } = await this.#handle.stat();
    const found: number[] = [];
    for (let group = 0; this.#placeOf(group) < size; group++) {
      const key = await readAt(this.#handle, this.#placeOf(group), KEY_PART);
      if (key.some((byte) => byte !== 0)) found.push(group);
    }
    return found;
  }

  /** Destroys all keys, and removes the file. */
  async remove(): Promise<void> {
    try {
      await this.forget(await this.groups());
      await unlink(this.#path);
    } finally {
      await this.#handle.close();
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  get #recordBytes(): number {
    const most =
      KEY_PART + LENGTH_PART + sealOverheadBytes + META_BYTES + VECTORS_PER_GROUP * this.#subject.bytesPerVector;
    return Math.ceil(most / PAGE) * PAGE;
  }

  #placeOf(group: number): number {
    return HEAD_BYTES + group * this.#recordBytes;
  }

  #about(group: number): string {
    return `likeness index file ${this.#name} group ${group}`;
  }
}

function aboutHead({ collectionNumber, modelVersion, dimensions, bytesPerVector }: FileSubject): string {
  return JSON.stringify(['likeness index file', VERSION, collectionNumber, modelVersion, dimensions, bytesPerVector]);
}

function openedHead(
  sealer: Sealer,
  sealed: Uint8Array,
  subject: FileSubject,
): { name: string; mean: Float32Array } | undefined {
  try {
    const head = JSON.parse(Buffer.from(sealer.open(sealed, aboutHead(subject))).toString('utf8')) as {
      name: string;
      mean: string;
    };
    const mean = new Float32Array(new Uint8Array(Buffer.from(head.mean, 'base64')).buffer);
    return mean.length === subject.dimensions ? { name: head.name, mean } : undefined;
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined;
    throw error;
  }
}

function bytesOf(array: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function lengthPart(length: number): Buffer {
  const part = Buffer.alloc(LENGTH_PART);
  part.writeUInt32LE(length);
  return part;
}

function lengthIn(bytes: Uint8Array): number {
  return bytes.length < LENGTH_PART ? 0 : Buffer.from(bytes.buffer, bytes.byteOffset, LENGTH_PART).readUInt32LE();
}
