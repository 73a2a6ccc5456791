import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readExactly, syncFolder } from '../shared/files.ts';
import type { Sealer } from '../shared/sealing.ts';
import { makeKeyBytes, SealBrokenError } from '../shared/sealing.ts';
import { type DocumentSignature, type Signer, signDocument } from '../shared/signing.ts';
import { BackupError } from './errors.ts';
import { createFrameOpener, createFrameSealer, frameBytes, readFrameHead } from './frames.ts';

/** A file within a backup. */
export interface BackupPart {
  /** A plain name, without a folder. */
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** What a data folder held at the moment of the backup; the restored one must hold the same. */
export interface BackupFacts {
  readonly collections: number;
  readonly faces: number;
  readonly users: number;
  /** Documents of governance, by kind. */
  readonly documents: Readonly<Record<string, number>>;
  /** The end of the audit log; absent for an empty one. */
  readonly auditHead?: { readonly sequence: number; readonly hash: string };
}

/** What stands at the beginning of a backup, readable by all: no name, no face, no key in the clear. */
export interface BackupHeader {
  readonly format: 'likeness-backup';
  readonly version: 1;
  readonly backupId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC; from then on it is not restored. */
  readonly expiresAt: string;
  /** The release that wrote it. */
  readonly software: string;
  /** Names the master key that opens it. */
  readonly masterKeyId: string;
  /** keyring.json as it stood: keys wrapped by the master key. */
  readonly keyring: string;
  /** Base64: the key of this file alone, sealed under the keyring's key for backups. */
  readonly sealedKey: string;
  readonly parts: readonly BackupPart[];
  readonly facts: BackupFacts;
  /** How many tombstones there were, and the last one's mark. */
  readonly tombstones: { readonly count: number; readonly mac: string };
  readonly signature: DocumentSignature;
}

/** What a caller knows of a new backup; the rest of the header is worked out. */
export type NewBackup = Omit<BackupHeader, 'format' | 'version' | 'sealedKey' | 'parts' | 'signature'>;

/** Told how far it is, in bytes of all that is to be read. */
export type BackupProgress = (doneBytes: number, totalBytes: number) => void;

const magic = Buffer.from('LIKENESS BACKUP\n', 'latin1');
const largestHeaderBytes = 1 << 20;

/** What the key of a backup is sealed about. */
export function aboutBackup(backupId: string): string {
  return `likeness backup ${backupId}`;
}

/**
 * Writes files as one encrypted backup: a signed header, then their bytes in sealed frames. The file appears under its
 * name when it is whole and on disk.
 *
 * @param parts.files absolute paths; a file's base name is its name in the backup
 * @throws {Error} of the file system; nothing is left under the name then
 */
export async function writeBackupFile(parts: {
  path: string;
  files: readonly string[];
  about: NewBackup;
  sealer: Sealer;
  signer: Signer;
  onProgress?: BackupProgress;
}): Promise<BackupHeader> {
  const { path, files, about, sealer, signer, onProgress } = parts;
  const key = makeKeyBytes();
  const entries: BackupPart[] = [];
  for (const file of files) entries.push({ name: basename(file), ...(await measure(file)) });
  const header: BackupHeader = signDocument(signer, {
    format: 'likeness-backup' as const,
    version: 1 as const,
    ...about,
    sealedKey: Buffer.from(sealer.seal(key, aboutBackup(about.backupId))).toString('base64'),
    parts: entries,
  });
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8');
  const totalBytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const unfinished = `${path}.unfinished`;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(headerBytes.length);
    await handle.appendFile(Buffer.concat([magic, length, headerBytes]));
    const seal = createFrameSealer(key, digestOf(headerBytes));
    let done = 0;
    let waiting: Buffer | undefined;
    for await (const chunk of chunksOf(files)) {
      if (waiting !== undefined) await handle.appendFile(seal(waiting, false));
      waiting = chunk;
      done += chunk.length;
      onProgress?.(done, totalBytes);
    }
    await handle.appendFile(seal(waiting ?? Buffer.alloc(0), true));
    await handle.sync();
    await handle.close();
    await rename(unfinished, path);
    syncFolder(dirname(path));
    return header;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    key.fill(0);
  }
}

/** Reads what stands at the beginning of a backup. @throws {BackupError} not-a-backup, damaged */
export async function readBackupHeader(path: string): Promise<BackupHeader> {
  const handle = await openBackup(path);
  try {
    return (await readHeader(handle, path)).header;
  } finally {
    await handle.close();
  }
}

/**
 * Decrypts a backup into a folder that is there, and holds every file against its digest.
 *
 * @param parts.sealerFor finds the sealer for backups behind the header's keyring
 * @throws {BackupError} damaged, naming the place; wrong-key
 */
export async function extractBackup(parts: {
  path: string;
  folder: string;
  sealerFor: (header: BackupHeader) => Sealer;
  onProgress?: BackupProgress;
}): Promise<BackupHeader> {
  const { path, folder, onProgress } = parts;
  const handle = await openBackup(path);
  try {
    const { header, headerBytes, offset: start } = await readHeader(handle, path);
    const key = openKey(parts.sealerFor(header), header, path);
    const totalBytes = header.parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const openFrame = createFrameOpener(key, digestOf(headerBytes));
    const { size } = await handle.stat();
    const sink = createSink(folder, header.parts);
    let done = 0;
    try {
      for (let offset = start, frame = 1; ; frame += 1) {
        const place = `frame ${frame}, which begins at byte ${offset} of ${path}`;
        const word = await readExactly(handle, offset, 4);
        const head = word && readFrameHead(word);
        if (word === undefined) throw damaged(`it ends where ${place}, is due: it was cut off`);
        if (head === undefined) throw damaged(`${place}, has a length that no frame has`);
        const sealed = await readExactly(handle, offset + 4, head.sealedBytes);
        if (sealed === undefined) throw damaged(`it ends within ${place}: it was cut off`);
        const plain = openFrame(sealed, head.isLast);
        if (plain === undefined) throw damaged(`${place}, is not as it was written`);
        await sink.write(plain, place);
        done += plain.length;
        onProgress?.(done, totalBytes);
        offset += 4 + head.sealedBytes;
        if (!head.isLast) continue;
        if (offset !== size) throw damaged(`${size - offset} bytes follow its end at byte ${offset}`);
        break;
      }
      await sink.finish();
    } finally {
      await sink.close();
      key.fill(0);
    }
    return header;
  } finally {
    await handle.close();
  }
}

async function openBackup(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new BackupError('not-a-backup', `there is no file ${path}`, { cause });
  }
}

async function readHeader(
  handle: FileHandle,
  path: string,
): Promise<{ header: BackupHeader; headerBytes: Buffer; offset: number }> {
  const start = await readExactly(handle, 0, magic.length + 4);
  if (start === undefined || !start.subarray(0, magic.length).equals(magic)) {
    throw new BackupError('not-a-backup', `${path} is no backup of Likeness`);
  }
  const length = start.readUInt32BE(magic.length);
  const headerBytes = length > largestHeaderBytes ? undefined : await readExactly(handle, start.length, length);
  const header = headerBytes && parseHeader(headerBytes);
  if (headerBytes === undefined || header === undefined) {
    throw damaged(`the header at the beginning of ${path} is not as it was written`);
  }
  return { header, headerBytes, offset: start.length + length };
}

function parseHeader(bytes: Buffer): BackupHeader | undefined {
  try {
    const header = JSON.parse(bytes.toString('utf8')) as BackupHeader;
    const whole =
      header.format === 'likeness-backup' &&
      header.version === 1 &&
      typeof header.keyring === 'string' &&
      typeof header.sealedKey === 'string' &&
      Array.isArray(header.parts) &&
      header.parts.every(({ name, bytes: size }) => /^[a-z][a-z.-]*$/.test(name) && Number.isSafeInteger(size));
    return whole ? header : undefined;
  } catch {
    return undefined;
  }
}

function openKey(sealer: Sealer, header: BackupHeader, path: string): Uint8Array {
  try {
    return sealer.open(Buffer.from(header.sealedKey, 'base64'), aboutBackup(header.backupId));
  } catch (cause) {
    if (!(cause instanceof SealBrokenError)) throw cause;
    throw damaged(`the key in the header of ${path} is not as it was written`, cause);
  }
}

/** Files of a folder, filled one after another from a stream of bytes. */
function createSink(folder: string, parts: readonly BackupPart[]) {
  let part = 0;
  let handle: FileHandle | undefined;
  let left = 0;
  let hash = createHash('sha256');

  const begin = async (): Promise<void> => {
    for (let next = parts[part]; next !== undefined && handle === undefined; next = parts[part]) {
      handle = await open(join(folder, next.name), 'wx', 0o600);
      left = next.bytes;
      hash = createHash('sha256');
      if (left === 0) await end();
    }
  };
  const end = async (): Promise<void> => {
    const finished = parts[part];
    await handle?.sync();
    await handle?.close();
    handle = undefined;
    part += 1;
    if (finished !== undefined && hash.digest('hex') !== finished.sha256) {
      throw damaged(`the file ${finished.name} in it does not have the digest that its header tells`);
    }
  };
  return {
    async write(bytes: Buffer, place: string): Promise<void> {
      let rest = bytes;
      while (rest.length > 0) {
        await begin();
        if (handle === undefined) throw damaged(`${place}, holds more than its header tells`);
        const piece = rest.subarray(0, left);
        await handle.appendFile(piece);
        hash.update(piece);
        left -= piece.length;
        rest = rest.subarray(piece.length);
        if (left === 0) await end();
      }
    },
    async finish(): Promise<void> {
      await begin();
      if (part < parts.length) throw damaged(`it holds less than its header tells: ${parts[part]?.name} is not whole`);
    },
    async close(): Promise<void> {
      await handle?.close();
      handle = undefined;
    },
  };
}

async function measure(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: frameBytes })) hash.update(chunk as Buffer);
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}

/** The bytes of files, one after another, in pieces of one frame. */
async function* chunksOf(files: readonly string[]): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for (const file of files) {
    for await (const read of createReadStream(file, { highWaterMark: frameBytes })) {
      let chunk = read as Buffer;
      while (size + chunk.length >= frameBytes) {
        const piece = chunk.subarray(0, frameBytes - size);
        yield Buffer.concat([...held, piece]);
        chunk = chunk.subarray(piece.length);
        held = [];
        size = 0;
      }
      if (chunk.length > 0) held.push(chunk);
      size += chunk.length;
    }
  }
  if (size > 0) yield Buffer.concat(held);
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function damaged(what: string, cause?: unknown): BackupError {
  return new BackupError('damaged', `the backup is damaged: ${what}. Restore from another backup.`, { cause });
}
