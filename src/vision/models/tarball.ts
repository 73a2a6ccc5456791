import { list, type ReadEntry } from 'tar';
import { sha256 } from './digest.ts';
import { ModelFetchError } from './errors.ts';
import type { PinnedFile } from './manifest.ts';

/** npm puts every file of a package below this folder of the tarball. */
const PACKAGE_FOLDER = 'package/';

/**
 * Reads the wanted files out of a package's tarball into memory. Nothing is written to disk, so no entry's name,
 * whatever it says, reaches the file system.
 *
 * @param packageSpec `name@version`, for messages
 * @returns every wanted file with its bytes, verified against its SHA-256
 * @throws {ModelFetchError} when a file is missing, isn't a plain file, or isn't the one pinned
 */
export async function readTarball(
  tarball: string,
  packageSpec: string,
  wanted: readonly PinnedFile[],
): Promise<{ readonly file: PinnedFile; readonly bytes: Uint8Array }[]> {
  const byEntry = new Map(wanted.map((file) => [PACKAGE_FOLDER + file.path, file]));
  const chunks = new Map<string, Uint8Array[]>();
  const problems: string[] = [];

  const take = (entry: ReadEntry): void => {
    const file = byEntry.get(entry.path);
    if (!file) return;
    if (entry.type !== 'File' && entry.type !== 'OldFile') problems.push(`${file.path} is a ${entry.type}, not a file`);
    else if (entry.size !== file.bytes) problems.push(`${file.path} has ${entry.size} bytes, expected ${file.bytes}`);
    else {
      const parts: Uint8Array[] = [];
      chunks.set(file.path, parts);
      entry.on('data', (chunk: Uint8Array) => parts.push(chunk));
    }
  };
  try {
    await list({ file: tarball, strict: true, onReadEntry: take });
  } catch (cause) {
    throw new ModelFetchError(packageSpec, 'its tarball cannot be read', { cause });
  }

  const found: { readonly file: PinnedFile; readonly bytes: Uint8Array }[] = [];
  for (const file of wanted) {
    const parts = chunks.get(file.path);
    if (!parts) {
      if (problems.length === 0) problems.push(`${file.path} is not in its tarball`);
      continue;
    }
    const bytes = new Uint8Array(Buffer.concat(parts));
    const actual = sha256(bytes);
    if (actual === file.sha256) found.push({ file, bytes });
    else problems.push(`${file.path} has SHA-256 ${actual}, expected ${file.sha256}`);
  }
  if (problems.length > 0) throw new ModelFetchError(packageSpec, problems.join('; '));
  return found;
}
