import { existsSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../shared/files.ts';
import { makeKeyBytes } from '../shared/sealing.ts';
import { type Keyring, KeyringError, keyringMasterKeyId, masterKeyIdOf } from './keyring.ts';
import { type MasterKeySource, parseMasterKey, readMasterKey, writeMasterKey } from './master-key.ts';

/** Where a master key waits that is about to take the file's place. */
export function nextMasterKeyFile(path: string): string {
  return `${path}.next`;
}

/**
 * The steps that put a new master key in a file's place. After any of them, and in the midst of any, one of the two
 * files opens the keyring, and {@link readMasterKeyFor} finds which:
 * 1. the new key is written beside the old one;
 * 2. the keyring is wrapped anew under it, in one rename that is on disk before the next step;
 * 3. the new key takes the old one's place, which is gone with it.
 */
export function masterKeyFileSteps(path: string, keyring: Keyring): readonly (() => void)[] {
  const key = makeKeyBytes();
  const next = nextMasterKeyFile(path);
  return [() => writeMasterKey(next, key), () => keyring.rewrap(key), () => moveIntoPlace(next, path, key)];
}

/**
 * Wraps the keyring under a new master key while it is in use: a key that is made here where it comes from a file,
 * the one that the command prints now where it comes from a command. What is encrypted stays as it is.
 *
 * @returns false when the source has no other key to offer than the one in use
 * @throws {KeyringError} when the source fails
 */
export function rotateMasterKey(source: MasterKeySource, keyring: Keyring): boolean {
  if (source.kind === 'file') {
    for (const step of masterKeyFileSteps(source.path, keyring)) step();
    return true;
  }
  const key = readMasterKey(source);
  if (masterKeyIdOf(key) === keyring.masterKeyId) return false;
  keyring.rewrap(key);
  return true;
}

/**
 * Reads the master key of a keyring, and ends a rotation that was cut short after the keyring had been wrapped anew.
 * One that was cut short before it is left alone: its key opens nothing.
 *
 * @param keyringFile where the keyring is kept; it need not be there yet
 * @param options.mayMake whether a file of a master key that is absent is made even where there is a keyring, because
 *   another key is at hand that opens it
 * @throws {KeyringError} also when the file is absent though there is a keyring: a new key would open nothing
 */
export function readMasterKeyFor(
  source: MasterKeySource,
  keyringFile: string,
  options: { readonly mayMake?: boolean } = {},
): Uint8Array {
  if (source.kind !== 'file') return readMasterKey(source);
  const next = nextMasterKeyFile(source.path);
  const waiting = readIfThere(next);
  if (waiting === undefined) {
    if (options.mayMake !== true && !existsSync(source.path) && existsSync(keyringFile)) {
      throw new KeyringError(
        `there is no master key at ${source.path}, and ${keyringFile} was locked with master key ${keyringMasterKeyId(keyringFile)}. Put your copy of that key there, or name it with LIKENESS_MASTER_KEY_FILE, LIKENESS_MASTER_KEY or LIKENESS_MASTER_KEY_COMMAND; without it nothing can be read.`,
      );
    }
    return readMasterKey(source);
  }
  const wanted = keyringMasterKeyId(keyringFile);
  // Not handed out beside the other one: whoever opened the keyring with it would wrap it under the old key again,
  // while another process, in the midst of its rotation, lets go of that.
  if (wanted !== masterKeyIdOf(waiting)) return readMasterKey(source);
  moveIntoPlace(next, source.path, waiting);
  return waiting;
}

function readIfThere(path: string): Uint8Array | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return parseMasterKey(readFileSync(path, 'utf8'), path);
  } catch (error) {
    // Moved into its place by another process between the two looks.
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function moveIntoPlace(next: string, path: string, key: Uint8Array): void {
  try {
    renameSync(next, path);
  } catch (error) {
    const there = readIfThere(path);
    if (!isMissing(error) || there === undefined || masterKeyIdOf(there) !== masterKeyIdOf(key)) {
      throw new KeyringError(
        `the keyring is locked with the master key in ${next}, which could not be moved to ${path}; do not delete it, and start the server again`,
        { cause: error },
      );
    }
  }
  syncFolder(dirname(path));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
