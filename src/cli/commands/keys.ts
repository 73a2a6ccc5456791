import { join } from 'node:path';
import { credentialsIni, writePrivateFile } from '../../compose.ts';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness keys create`. */
export interface CreateKeyFlags extends GlobalOptions {
  readonly person?: string;
  readonly operations?: string;
  readonly collections?: string;
  readonly purposes?: string;
  readonly expires?: string;
  readonly out?: string;
}

/** What the API answers instead of something that is done. */
export interface Pending {
  readonly proposalId?: string;
  readonly digest?: string;
  readonly expires?: string;
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

/** The items of a list with commas. */
export function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** Says what waits for a second person, and what that one writes. */
export function pendingWords(what: string, { proposalId, expires }: Pending): string {
  return [
    `proposed: ${what}`,
    `another person must approve it until ${expires}, with their own key:`,
    `  likeness proposals approve ${proposalId} --credentials THEIR-FILE`,
  ].join('\n');
}

/**
 * Writes a key that was just made to a credentials file of its own; its secret is never printed.
 *
 * @param key as CreateKey or ApproveProposal told it
 * @returns the file
 */
export function keepKey(
  key: Readonly<Record<string, string>>,
  flags: GlobalOptions & { readonly out?: string },
): { readonly accessKeyId: string; readonly person: string; readonly credentialsFile: string } {
  const { accessKeyId, secretAccessKey, sessionToken, person = '' } = key;
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error('the server answered no key');
  const config = configOf(flags);
  const credentialsFile = flags.out ?? join(config.dataDir, 'keys', `${accessKeyId}.ini`);
  const ini = credentialsIni(
    { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    config.region,
  );
  writePrivateFile(credentialsFile, ini);
  return { accessKeyId, person, credentialsFile };
}

/** Says where a key is. */
export function keptWords({ accessKeyId, person, credentialsFile }: ReturnType<typeof keepKey>): string {
  return [
    `made ${accessKeyId} for ${person}`,
    `its secret is in ${credentialsFile} (only you can read it)`,
    `use it with: AWS_SHARED_CREDENTIALS_FILE=${credentialsFile}`,
  ].join('\n');
}

/** Says what a key may serve when nobody named it: too little for most reviewers and auditors. */
function purposesWords({ purposes }: CreateKeyFlags): readonly string[] {
  return purposes === undefined
    ? ['it serves one purpose alone, the first of your own key; name others with --purposes']
    : [];
}

/** Makes a key of one's own, or proposes one for another person. */
export async function runCreateKey(flags: CreateKeyFlags, terminal: Terminal): Promise<void> {
  const expiresInSeconds = flags.expires === undefined ? undefined : Math.ceil(parseDuration(flags.expires) / 1_000);
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const made = await connection.own('CreateKey', {
      ...(flags.person !== undefined && { person: flags.person }),
      ...(flags.operations !== undefined && { operations: listOf(flags.operations) }),
      ...(flags.collections !== undefined && { collections: listOf(flags.collections) }),
      ...(flags.purposes !== undefined && { purposes: listOf(flags.purposes) }),
      ...(expiresInSeconds !== undefined && { expiresInSeconds }),
    });
    if (made.result === undefined) {
      const { status, ...pending } = made;
      printResult(terminal, flags.json === true, { status, ...pending }, () =>
        [pendingWords(`a key for ${flags.person}`, pending), ...purposesWords(flags)].join('\n'),
      );
      return;
    }
    const kept = keepKey(made.result, flags);
    const { accessKeyId, credentialsFile } = kept;
    printResult(terminal, flags.json === true, { accessKeyId, credentialsFile }, () =>
      [keptWords(kept), ...purposesWords(flags)].join('\n'),
    );
  } finally {
    await connection.close();
  }
}

const many = (list: readonly string[] | undefined) => list?.join(',') ?? 'all';

/** Lists the keys without their secrets. */
export async function runListKeys(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { keys } = await connection.own('ListKeys', {});
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
    await connection.close();
  }
}

/** Revokes a key: its next request is refused. @returns the exit code */
export async function runRevokeKey(accessKeyId: string, flags: GlobalOptions, terminal: Terminal): Promise<number> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    await connection.own('RevokeKey', { accessKeyId });
    printResult(terminal, flags.json === true, { accessKeyId, revoked: true }, () => `revoked ${accessKeyId}`);
    return exitCodes.ok;
  } finally {
    await connection.close();
  }
}
