import { type FileHandle, open } from 'node:fs/promises';
import { sha256Hex } from '../../shared/canonical-json.ts';
import {
  CollectionFileError,
  type CollectionFileHeader,
  type CollectionFrame,
  chainAfter,
  collectionFileMagic,
  type FrameHead,
  frameLengthBytes,
  mostHeadBytes,
  readFrame,
  readFrameLengths,
  readHeader,
} from '../../shared/collection-file.ts';
import { readExactly } from '../../shared/files.ts';
import type { Signed } from '../../shared/signing.ts';
import { UsageError } from '../exit-codes.ts';

/** Where a frame lies in a file, and its readable part. */
export interface PlacedFrame {
  readonly head: Signed<FrameHead>;
  readonly offset: number;
  readonly bytes: number;
}

/** A file of an exported collection, every frame of it held to its signature and its place. */
export interface ScannedFile {
  readonly header: CollectionFileHeader;
  readonly headerText: string;
  readonly frames: readonly PlacedFrame[];
  /** Whether its last frame is the end. */
  readonly isWhole: boolean;
  /** Bytes up to which it is as it was written. */
  readonly soundBytes: number;
  /** What is wrong after that; absent where nothing follows. */
  readonly fault?: string;
}

/** A file of an exported collection that is open to be read. */
export interface OpenCollectionFile {
  /** @param onProgress told how far it is, in bytes */
  scan(onProgress?: (done: number, total: number) => void): Promise<ScannedFile>;
  /** The bytes of a frame, read again and held again to its signature. */
  frame(frame: PlacedFrame, file: Pick<ScannedFile, 'headerText' | 'header'>): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws {UsageError} when there is no such file */
export async function openCollectionFile(path: string): Promise<OpenCollectionFile> {
  const handle = await open(path, 'r').catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`);
  });
  return {
    scan: (onProgress) => scanFile(handle, path, onProgress),
    async frame({ offset, bytes, head }, { headerText, header }) {
      const read = await readExactly(handle, offset, bytes);
      if (read === undefined) throw new CollectionFileError(`${path} was changed while it was read`);
      const found = readFrame(read, { file: sha256Hex(headerText), publicKeyPem: header.publicKeyPem });
      if (found.head.index !== head.index) throw new CollectionFileError(`${path} was changed while it was read`);
      return read;
    },
    close: () => handle.close(),
  };
}

/** Reads a whole file, or up to where it is not as it was written. @throws {CollectionFileError} for a broken header */
async function scanFile(
  handle: FileHandle,
  path: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ScannedFile> {
  const { size } = await handle.stat();
  const start = await readExactly(handle, 0, collectionFileMagic.length + 4);
  if (start === undefined || !start.subarray(0, collectionFileMagic.length).equals(collectionFileMagic)) {
    throw new CollectionFileError(`${path} is no collection exported by Likeness`);
  }
  const headerBytes = start.readUInt32BE(collectionFileMagic.length);
  const text = headerBytes > mostHeadBytes ? undefined : await readExactly(handle, start.length, headerBytes);
  if (text === undefined) throw new CollectionFileError(`${path} has no header, or one that is too long`);
  const headerText = text.toString('utf8');
  const header = readHeader(headerText);
  const about = { file: sha256Hex(headerText), publicKeyPem: header.publicKeyPem };
  const frames: PlacedFrame[] = [];
  let offset = start.length + headerBytes;
  const ended = (fault?: string): ScannedFile => ({
    header,
    headerText,
    frames,
    isWhole: fault === undefined && frames.at(-1)?.head.part === 'end',
    soundBytes: offset,
    ...(fault !== undefined && { fault }),
  });
  while (offset < size) {
    const place = `frame ${frames.length}, which begins at byte ${offset} of ${path},`;
    if (frames.at(-1)?.head.part === 'end') return ended(`${size - offset} bytes follow its end`);
    const lengths = await readExactly(handle, offset, frameLengthBytes);
    const read = lengths && readFrameLengths(lengths);
    if (lengths !== undefined && read === undefined) return ended(`${place} has a length that no frame has`);
    const bytes = read && frameLengthBytes + read.head + read.sealed;
    const whole = bytes === undefined ? undefined : await readExactly(handle, offset, bytes);
    if (whole === undefined) return ended(`it ends within ${place} which was cut off`);
    let frame: CollectionFrame;
    try {
      frame = readFrame(whole, about);
    } catch (error) {
      if (!(error instanceof CollectionFileError)) throw error;
      return ended(`${place} cannot be used: ${error.message}`);
    }
    const before = frames.at(-1)?.head;
    if (frame.head.index !== frames.length || frame.head.chain !== chainAfter(before ?? header)) {
      return ended(`${place} does not follow the one before it`);
    }
    frames.push({ head: frame.head, offset, bytes: whole.length });
    offset += whole.length;
    onProgress(offset, size);
  }
  return ended();
}
