import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { PackBusyError } from './errors.ts';

const REFRESH_MS = 5_000;
/** Without a sign of life for so long, its holder was killed. Process ids say nothing where containers share a folder. */
const ABANDONED_AFTER_MS = 30_000;

/**
 * Does something while no other process does it: the holder has made a folder, which only one can, and touches it
 * while it lives.
 *
 * @param path of the lock, in a folder that exists
 * @throws {PackBusyError} at once when another holds it
 */
export async function whileLocked<Result>(path: string, packId: string, act: () => Promise<Result>): Promise<Result> {
  await take(path, packId);
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, REFRESH_MS);
  refresh.unref();
  try {
    return await act();
  } finally {
    clearInterval(refresh);
    await rm(path, { recursive: true, force: true });
  }
}

async function take(path: string, packId: string): Promise<void> {
  if (await made(path)) return;
  const info = await stat(path).catch(() => undefined);
  if (info && Date.now() - info.mtimeMs < ABANDONED_AFTER_MS) throw new PackBusyError(packId);
  // Of all who find it abandoned only one can move it away; the others see whose it is then.
  const aside = `${path}-${randomUUID()}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { recursive: true, force: true });
  if (!(await made(path))) throw new PackBusyError(packId);
}

async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
