import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileIntegrity } from './digest.ts';
import { ModelFetchError } from './errors.ts';
import type { PinnedPackage } from './manifest.ts';

/** What a fetch is told. */
export interface FetchRequest {
  readonly name: string;
  readonly pinned: PinnedPackage;
  /** An existing folder of the caller's, used for everything and removed by the caller. */
  readonly folder: string;
  /** Bytes come so far, roughly: read off the growing files. */
  readonly onBytes?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches a package's tarball into the folder and gives its path; the store verifies it. */
export type FetchPackage = (request: FetchRequest) => Promise<string>;

const POLL_MS = 250;
const KEPT_STDERR_CHARACTERS = 2000;

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = names
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        (info) => info.size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function runNpm(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    const child = spawn(windows ? 'npm.cmd' : 'npm', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: windows,
      ...(signal ? { signal } : {}),
    });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString('utf8')).slice(-KEPT_STDERR_CHARACTERS);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(complaints.trim() || `npm ended ${code}`)),
    );
  });
}

/**
 * Fetches one package with `npm pack`: its tarball alone, no dependency, no script. npm's own settings (registry,
 * proxy, certificates, credentials) hold, because npm does it.
 *
 * npm's cache is put into the given folder: the user's cache isn't left with a tarball of 145 MB, and progress can be read off.
 *
 * @returns the path of the tarball; its integrity isn't checked here
 * @throws {ModelFetchError} with npm's own words
 * @throws an AbortError when the signal fires
 */
export const fetchWithNpm: FetchPackage = async ({ name, pinned, folder, onBytes, signal }) => {
  const spec = `${name}@${pinned.version}`;
  const cache = join(folder, 'npm-cache');
  let told = 0;
  const timer = setInterval(() => {
    void folderBytes(cache).then((bytes) => {
      const done = Math.min(bytes, pinned.bytes);
      if (done <= told) return;
      told = done;
      onBytes?.(done);
    });
  }, POLL_MS);
  try {
    const quiet = ['--ignore-scripts', '--loglevel=error', '--no-update-notifier'];
    await runNpm(['pack', spec, '--pack-destination', folder, '--cache', cache, ...quiet], signal);
  } catch (cause) {
    signal?.throwIfAborted();
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ModelFetchError(spec, `npm could not fetch it. ${words}`, { cause });
  } finally {
    clearInterval(timer);
  }
  const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (!tarball) throw new ModelFetchError(spec, 'npm wrote no tarball');
  return join(folder, tarball);
};

/**
 * Compares a tarball with the pinned integrity.
 *
 * @throws {ModelFetchError} when they differ
 */
export async function checkIntegrity(
  tarball: string,
  name: string,
  pinned: PinnedPackage,
  signal?: AbortSignal,
): Promise<void> {
  const actual = await fileIntegrity(tarball, signal);
  if (actual !== pinned.integrity)
    throw new ModelFetchError(
      `${name}@${pinned.version}`,
      `its tarball is ${actual}, expected ${pinned.integrity}; nothing of it was used`,
    );
}
