import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeyRecord, KeyStore } from '../stores/ports/index.ts';

/** What a new key may do; what is left out allows everything. */
export interface NewKey {
  readonly person: string;
  readonly operations?: readonly string[];
  readonly collections?: readonly string[];
  /** The first is the purpose of calls without a collection. */
  readonly purposes: readonly string[];
  /** A temporary key, with a session token. */
  readonly expiresAtMs?: number;
}

/** Who holds the first key, and calls when the process itself does: the operator who set the server up. */
export const firstPerson = 'operator';

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A key in AWS's form: `AKIA...` for a lasting one, `ASIA...` for a temporary one, 20 characters; the secret has 40. */
export function makeKey(wanted: NewKey, nowMs: number): KeyRecord {
  const prefix = wanted.expiresAtMs === undefined ? 'AKIA' : 'ASIA';
  const tail = Array.from({ length: 16 }, () => idAlphabet[randomInt(idAlphabet.length)]).join('');
  return {
    accessKeyId: prefix + tail,
    secretAccessKey: randomBytes(30).toString('base64'),
    ...(wanted.expiresAtMs !== undefined && {
      expiresAtMs: wanted.expiresAtMs,
      sessionToken: randomBytes(96).toString('base64'),
    }),
    person: wanted.person,
    operations: wanted.operations ?? '*',
    collections: wanted.collections ?? '*',
    purposes: wanted.purposes,
    createdAtMs: nowMs,
  };
}

/** An AWS shared-credentials file (INI) with one profile. */
export function credentialsIni(
  key: Pick<KeyRecord, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>,
  region: string,
  profile = 'default',
): string {
  return [
    `[${profile}]`,
    `aws_access_key_id = ${key.accessKeyId}`,
    `aws_secret_access_key = ${key.secretAccessKey}`,
    ...(key.sessionToken === undefined ? [] : [`aws_session_token = ${key.sessionToken}`]),
    `region = ${region}`,
    '',
  ].join('\n');
}

/** Reads what {@link credentialsIni} wrote. @throws {Error} when it is no such file */
export function readCredentialsIni(text: string): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
} {
  const entries = new Map(
    text.split('\n').flatMap((line) => {
      const [name, ...value] = line.split('=');
      return name && value.length > 0 ? [[name.trim(), value.join('=').trim()] as const] : [];
    }),
  );
  const accessKeyId = entries.get('aws_access_key_id');
  const secretAccessKey = entries.get('aws_secret_access_key');
  const sessionToken = entries.get('aws_session_token');
  if (!accessKeyId || !secretAccessKey) throw new Error('the credentials file holds no key');
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** Writes a file that only this user may read, whole or not at all. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, content, { mode: 0o600, flush: true });
  renameSync(unfinished, path);
}

/** A secret of the data folder, made at the first start. @param bytes its length */
export function secretOf(path: string, bytes: number): Uint8Array {
  if (!existsSync(path)) writePrivateFile(path, randomBytes(bytes));
  const secret = readFileSync(path);
  if (secret.length !== bytes) {
    throw new Error(
      `${path} does not hold the ${bytes} bytes it should; restore it, or delete it to have a new one made`,
    );
  }
  return secret;
}

/**
 * Makes the first key and writes it to the credentials file, when the server has no key that serves.
 *
 * @returns whether a key was made
 */
export async function ensureFirstKey(
  keys: KeyStore,
  wanted: { file: string; region: string; purposes: readonly string[]; nowMs: number },
): Promise<boolean> {
  const serving = (await keys.list()).some((key) => key.revokedAtMs === undefined && key.expiresAtMs === undefined);
  if (serving) return false;
  const key = makeKey({ person: firstPerson, purposes: wanted.purposes }, wanted.nowMs);
  // The file first: a key that nobody can read would be lost for ever.
  writePrivateFile(wanted.file, credentialsIni(key, wanted.region));
  await keys.put(key);
  return true;
}
