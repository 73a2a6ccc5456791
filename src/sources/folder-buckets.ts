import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type ObjectReader, SourceError } from './images.ts';
import { checkObjectName, notFound, type ObjectName, tooLarge } from './object-names.ts';

/** Buckets that are folders of one root folder. */
export interface FolderBuckets extends ObjectReader {
  /** Whether the root has a folder of this name; links do not count. */
  has(bucket: string): Promise<boolean>;
}

/** NOFOLLOW refuses a link at the end of the path, NONBLOCK keeps a named pipe from holding the reader. Windows has neither. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads objects from `<root>/<bucket>/<key>`. Only regular files reached without any link below the root are read, and no
 * name leaves its bucket's folder. A folder keeps no versions: asking for one is not-found.
 */
export function folderBuckets(root: string): FolderBuckets {
  return {
    async has(bucket) {
      try {
        checkObjectName({ bucket, key: 'any' });
        return (await lstat(join(root, bucket))).isDirectory();
      } catch {
        return false;
      }
    },
    async read(object, limitBytes, signal) {
      signal.throwIfAborted();
      checkObjectName(object);
      if (object.version !== undefined) {
        throw new SourceError('not-found', 'buckets that are folders keep no versions: leave Version out');
      }
      try {
        const path = join(await realpath(root), object.bucket, object.key);
        const handle = await openWithoutLinks(path, object);
        try {
          return await readWhole(handle, limitBytes, signal);
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw inOurWords(error, object);
      }
    },
  };
}

/**
 * Opens a file whose path holds no link. A folder may be swapped for a link, and back, between any two looks at the path,
 * so what counts is where the system says that the opened file is. Where it can't be asked (macOS, Windows), the path is
 * looked at before and after opening and must lead to the file that was opened, which leaves such a swap a chance.
 */
async function openWithoutLinks(path: string, object: ObjectName): Promise<FileHandle> {
  await refuseLinks(path);
  const handle = await open(path, openFlags);
  try {
    const opened = await handle.stat({ bigint: true });
    const at = await pathOfOpened(handle);
    if (at === undefined) {
      const named = await lstat(path, { bigint: true });
      await refuseLinks(path);
      if (opened.dev !== named.dev || opened.ino !== named.ino) throw new SourceError('unavailable', changedMessage);
    } else if (at.normalize() !== path.normalize()) throw new SourceError('unavailable', changedMessage);
    if (!opened.isFile()) throw notFound(object);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The path of an opened file without any link in it; undefined where the system does not tell.
 *
 * @source Linux, proc(5): /proc/pid/fd
 */
async function pathOfOpened({ fd }: FileHandle): Promise<string | undefined> {
  return process.platform === 'linux' ? readlink(`/proc/self/fd/${fd}`).catch(() => undefined) : undefined;
}

/** Compared in one normal form, because macOS may store an accented name decomposed. */
async function refuseLinks(path: string): Promise<void> {
  if ((await realpath(path)).normalize() !== path.normalize()) {
    throw new SourceError(
      'not-allowed',
      'the object is reached through a link, or differs from its file in letter case',
    );
  }
}

const changedMessage = 'the object changed while it was read';

/** One byte more than the file's length is asked for, which tells a file that grew from a whole one. */
async function readWhole(handle: FileHandle, limitBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const { size } = await handle.stat();
  if (size > limitBytes) throw tooLarge(limitBytes);
  const bytes = new Uint8Array(size + 1);
  let length = 0;
  while (length < bytes.length) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length !== size) throw new SourceError('unavailable', changedMessage);
  return bytes.subarray(0, size);
}

function inOurWords(error: unknown, object: ObjectName): unknown {
  if (!(error instanceof Error) || !('code' in error) || 'fault' in error || error.name === 'AbortError') return error;
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ENAMETOOLONG':
    case 'ENXIO':
      return notFound(object, error);
    case 'ELOOP':
    case 'EACCES':
    case 'EPERM':
      return new SourceError('not-allowed', `the object ${object.key} may not be read`, { cause: error });
    default:
      return new SourceError('unavailable', `the object ${object.key} could not be read`, { cause: error });
  }
}
