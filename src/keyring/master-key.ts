import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../shared/files.ts';
import { keyBytes, makeKeyBytes } from '../shared/sealing.ts';
import { KeyringError } from './keyring.ts';

/** Where the master key comes from. */
export type MasterKeySource =
  /** A file, made at the first start where it is absent; 64 hex digits or Base64. */
  | { readonly kind: 'file'; readonly path: string }
  /** The key itself, from the environment; 64 hex digits or Base64. */
  | { readonly kind: 'text'; read(): string; readonly name: string }
  /** A command that prints it, such as a KMS client's; run in a shell. */
  | { readonly kind: 'command'; readonly command: string };

const commandTimeoutMs = 30_000;

/**
 * Reads the master key.
 *
 * @returns 32 bytes
 * @throws {KeyringError} saying what was wrong, never what was read
 */
export function readMasterKey(source: MasterKeySource): Uint8Array {
  switch (source.kind) {
    case 'text':
      return parseMasterKey(source.read(), source.name);
    case 'command':
      return parseMasterKey(outputOf(source.command), 'the output of LIKENESS_MASTER_KEY_COMMAND');
    case 'file':
      if (!existsSync(source.path)) writeMasterKey(source.path, makeKeyBytes());
      return parseMasterKey(readFileSync(source.path, 'utf8'), source.path);
  }
}

/** Writes a master key to a file that only this user may read, whole or not at all. */
export function writeMasterKey(path: string, key: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${Buffer.from(key).toString('hex')}\n`, { mode: 0o600, flush: true });
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

/** Reads 64 hex digits or the Base64 of 32 bytes. @param where says in an error where the text came from */
export function parseMasterKey(text: string, where: string): Uint8Array {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== keyBytes) {
    throw new KeyringError(
      `${where} is no master key: it must be 64 hex digits or the Base64 of ${keyBytes} bytes, such as \`openssl rand -hex 32\` prints`,
    );
  }
  return key;
}

function outputOf(command: string): string {
  try {
    return execFileSync('/bin/sh', ['-c', command], {
      encoding: 'utf8',
      timeout: commandTimeoutMs,
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024,
    });
  } catch (cause) {
    // Its output may hold the key, so the cause is not handed on.
    const status = cause instanceof Error && 'status' in cause ? String(cause.status) : 'none';
    throw new KeyringError(
      `LIKENESS_MASTER_KEY_COMMAND failed (exit code ${status}); run it by hand to see why. The server does not start without its master key.`,
    );
  }
}
