import { join } from 'node:path';
import { credentialsIni, type KeyRecord, openKeyBook, writePrivateFile } from '../../compose.ts';
import { configOf, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness keys create`. */
export interface CreateKeyFlags extends GlobalOptions {
  readonly person: string;
  readonly operations?: string;
  readonly collections?: string;
  readonly purposes?: string;
  readonly expires?: string;
  readonly out?: string;
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `12h`, `7d` in milliseconds. @throws {UsageError} */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = unitMs[unit ?? ''];
  if (count === undefined || ms === undefined || Number(count) === 0) {
    throw new UsageError(`'${text}' is no duration; write for example 45m, 12h or 7d`);
  }
  return Number(count) * ms;
}

const listOf = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** Makes a key and writes it to a credentials file of its own; its secret is never printed. */
export async function runCreateKey(flags: CreateKeyFlags, terminal: Terminal): Promise<void> {
  const config = configOf(flags);
  const book = openKeyBook(config);
  try {
    const key = await book
      .create({
        person: flags.person,
        purposes: flags.purposes === undefined ? [config.defaultPurpose] : listOf(flags.purposes),
        ...(flags.operations !== undefined && { operations: listOf(flags.operations) }),
        ...(flags.collections !== undefined && { collections: listOf(flags.collections) }),
        ...(flags.expires !== undefined && { expiresAtMs: Date.now() + parseDuration(flags.expires) }),
      })
      .catch((error: Error) => {
        throw error instanceof RangeError ? new UsageError(error.message) : error;
      });
    const file = flags.out ?? join(config.dataDir, 'keys', `${key.accessKeyId}.ini`);
    writePrivateFile(file, credentialsIni(key, config.region));
    printResult(terminal, flags.json === true, { accessKeyId: key.accessKeyId, credentialsFile: file }, () =>
      [
        `made ${key.accessKeyId} for ${key.person}`,
        `its secret is in ${file} (only you can read it)`,
        `use it with: AWS_SHARED_CREDENTIALS_FILE=${file}`,
      ].join('\n'),
    );
  } finally {
    book.close();
  }
}

function stateOf(key: KeyRecord): string {
  if (key.revokedAtMs !== undefined) return 'revoked';
  return key.expiresAtMs !== undefined && key.expiresAtMs <= Date.now() ? 'expired' : 'serving';
}

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const many = (list: readonly string[] | '*') => (list === '*' ? 'all' : list.join(','));

/** Lists the keys without their secrets. */
export async function runListKeys(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const book = openKeyBook(configOf(flags));
  try {
    const keys = (await book.list()).map((key) => ({
      accessKeyId: key.accessKeyId,
      person: key.person,
      state: stateOf(key),
      operations: key.operations,
      collections: key.collections,
      purposes: key.purposes,
      created: iso(key.createdAtMs),
      expires: iso(key.expiresAtMs),
    }));
    printResult(terminal, flags.json === true, keys, () =>
      renderTable(
        keys,
        [
          { title: 'key', value: (key) => key.accessKeyId },
          { title: 'person', value: (key) => key.person },
          { title: 'state', value: (key) => key.state },
          { title: 'operations', value: (key) => many(key.operations) },
          { title: 'collections', value: (key) => many(key.collections) },
          { title: 'purposes', value: (key) => key.purposes.join(',') },
          { title: 'created', value: (key) => key.created },
          { title: 'expires', value: (key) => key.expires ?? 'never' },
        ],
        'no key; the first start of the server makes one',
      ),
    );
  } finally {
    book.close();
  }
}

/** Revokes a key: its next request is refused. @returns the exit code */
export async function runRevokeKey(accessKeyId: string, flags: GlobalOptions, terminal: Terminal): Promise<number> {
  const book = openKeyBook(configOf(flags));
  try {
    const revoked = await book.revoke(accessKeyId);
    printResult(terminal, flags.json === true, { accessKeyId, revoked }, () =>
      revoked ? `revoked ${accessKeyId}` : `there is no serving key ${accessKeyId}`,
    );
    return revoked ? exitCodes.ok : exitCodes.notFound;
  } finally {
    book.close();
  }
}
