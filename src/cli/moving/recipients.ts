import { randomBytes, scrypt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { readEnvironment } from '../../config/index.ts';
import type { CollectionFileHeader, PassphraseTerms } from '../../shared/collection-file.ts';
import { type BoxKeys, boxKeyBytes, boxKeys, boxKeysOfPem, boxPublicKeyOfPem } from '../../shared/sealed-box.ts';
import { canAsk } from '../ask.ts';
import { UsageError } from '../exit-codes.ts';
import type { Terminal } from '../output.ts';
import { passphraseVariable } from './passphrase-variable.ts';

/** How a command is told the passphrase or the key. */
export interface SecretFlags {
  /** A file with the passphrase in its first line. */
  readonly passphraseFile?: string;
  /** Of an export: a PEM file with an X25519 public key, or the key in Base64. */
  readonly recipient?: string;
  /** Of an import: a PEM file with the X25519 private key. */
  readonly identity?: string;
}

/** Whom a file is encrypted for. */
export interface Recipient {
  /** Base64, raw. */
  readonly recipient: string;
  readonly passphrase?: PassphraseTerms;
}

const leastCharacters = 12;
/** 128 MiB and about a third of a second: RFC 7914's advice for files, eightfold. */
const newTerms = { cost: 2 ** 17, blockSize: 8, parallelization: 1 };
/** A hostile file must not make this command work for hours. */
const mostMemory = 2 ** 30;

/** Whom a new export is for: who was named, or whoever has the passphrase. @throws {UsageError} */
export async function newRecipient(flags: SecretFlags, terminal: Terminal): Promise<Recipient> {
  if (flags.recipient !== undefined) {
    const key = existsSync(flags.recipient)
      ? boxPublicKeyOfPem(readFileSync(flags.recipient, 'utf8'))
      : Buffer.from(flags.recipient, 'base64');
    if (key === undefined || key.length !== boxKeyBytes) {
      throw new UsageError(
        '--recipient is a PEM file with an X25519 public key: the one who will import makes it with `likeness collections make-key`',
      );
    }
    return { recipient: Buffer.from(key).toString('base64') };
  }
  const passphrase = await readPassphrase(flags, terminal, 'new');
  const terms = { salt: randomBytes(16).toString('base64'), ...newTerms };
  const { publicKey } = await keysOfPassphrase(passphrase, terms);
  return { recipient: Buffer.from(publicKey).toString('base64'), passphrase: terms };
}

/** The keys that open a file. @throws {UsageError} when they are not those it is encrypted for */
export async function keysFor(
  header: Pick<CollectionFileHeader, 'recipient' | 'passphrase'>,
  flags: SecretFlags,
  terminal: Terminal,
): Promise<BoxKeys> {
  if (header.passphrase === undefined) {
    if (flags.identity === undefined) {
      throw new UsageError('the file is encrypted for a key: name the file of the private one with --identity');
    }
    const keys = existsSync(flags.identity) ? boxKeysOfPem(readFileSync(flags.identity, 'utf8')) : undefined;
    if (keys === undefined) throw new UsageError(`${flags.identity} holds no X25519 private key in PEM`);
    return requireKeys(keys, header, `${flags.identity} is not the key that the file is encrypted for`);
  }
  const passphrase = await readPassphrase(flags, terminal, 'known');
  const keys = await keysOfPassphrase(passphrase, header.passphrase);
  return requireKeys(keys, header, 'the passphrase is not the one that the file was encrypted with');
}

/** The keys that a passphrase stands for. @source RFC 7914 */
export function keysOfPassphrase(passphrase: string, terms: PassphraseTerms): Promise<BoxKeys> {
  const { cost, blockSize, parallelization } = terms;
  const memory = 128 * cost * blockSize;
  const salt = Buffer.from(terms.salt, 'base64');
  const isSane =
    [cost, blockSize, parallelization].every((value) => Number.isSafeInteger(value) && value > 0) &&
    Number.isInteger(Math.log2(cost)) &&
    memory <= mostMemory &&
    parallelization <= 16 &&
    salt.length === 16;
  if (!isSane) throw new UsageError('the file asks for more work on its passphrase than any file of Likeness does');
  return new Promise((resolve, reject) => {
    const options = { N: cost, r: blockSize, p: parallelization, maxmem: memory + 2 ** 26 };
    scrypt(passphrase.normalize('NFC'), salt, boxKeyBytes, options, (error, key) => {
      if (error) reject(error);
      else resolve(boxKeys(key));
    });
  });
}

async function readPassphrase(flags: SecretFlags, terminal: Terminal, kind: 'new' | 'known'): Promise<string> {
  const said = saidPassphrase(flags) ?? (await askPassphrase(terminal, kind));
  if (kind === 'new' && said.length < leastCharacters) {
    throw new UsageError(
      `a passphrase of ${said.length} characters is tried out in hours by whoever finds the file; take ${leastCharacters} or more, such as six words`,
    );
  }
  return said;
}

function saidPassphrase({ passphraseFile }: SecretFlags): string | undefined {
  if (passphraseFile === undefined) return readEnvironment()[passphraseVariable];
  try {
    return (readFileSync(passphraseFile, 'utf8').split(/\r?\n/)[0] ?? '').trim();
  } catch (cause) {
    throw new UsageError(`cannot read ${passphraseFile}: ${(cause as Error).message}`);
  }
}

async function askPassphrase(terminal: Terminal, kind: 'new' | 'known'): Promise<string> {
  if (!canAsk(terminal)) {
    throw new UsageError(
      `say the passphrase in a file (--passphrase-file) or in ${passphraseVariable}, or name a key (--recipient, --identity)`,
    );
  }
  const first = await askHidden('Passphrase of the file: ');
  if (kind === 'new' && (await askHidden('The same again: ')) !== first) {
    throw new UsageError('the two were not the same');
  }
  return first;
}

/** Asks without showing what is typed. @throws an AbortError on Ctrl-C or at the end of the input */
async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const gone = new AbortController();
  lines.once('SIGINT', () => gone.abort());
  lines.once('close', () => gone.abort());
  try {
    return await lines.question('', { signal: gone.signal });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

function requireKeys(
  keys: BoxKeys,
  { recipient }: Pick<CollectionFileHeader, 'recipient'>,
  otherwise: string,
): BoxKeys {
  if (Buffer.from(keys.publicKey).toString('base64') === recipient) return keys;
  throw new UsageError(otherwise);
}
