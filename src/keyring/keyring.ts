import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sha256Hex } from '../shared/canonical-json.ts';
import { syncFolder } from '../shared/files.ts';
import { createSealer, keyBytes, makeKeyBytes, SealBrokenError, type Sealer } from '../shared/sealing.ts';
import { createSigner, makeSigningKey, type Signer } from '../shared/signing.ts';

/** Keys that encrypt: documents of governance, keys of collections, secrets of access keys, backups. */
export const sealingKeyNames = ['records', 'collections', 'access-keys', 'backups'] as const;

/** Keys of keyed hashes: names in indexes, subjects in the audit, probe images, tombstones, tokens. */
export const macKeyNames = ['names', 'probes', 'tombstones', 'tokens'] as const;

/** The name of a key that encrypts. */
export type SealingKeyName = (typeof sealingKeyNames)[number];

/** The name of a key for keyed hashes. */
export type MacKeyName = (typeof macKeyNames)[number];

/** The keys of a server. They are kept wrapped by the master key, which is kept elsewhere; none is ever printed. */
export interface Keyring {
  /** The beginning of a hash of the master key; tells two apart and nothing more. */
  readonly masterKeyId: string;
  /** Signs what the server vouches for. */
  readonly signer: Signer;
  sealer(name: SealingKeyName): Sealer;
  /** HMAC-SHA256, 32 bytes. */
  mac(name: MacKeyName, content: string | Uint8Array): Buffer;
  /** Wraps every key anew under another master key, in one atomic step; what is encrypted stays as it is. */
  rewrap(masterKey: Uint8Array): void;
}

/** The keyring cannot be opened; the message says what to do. */
export class KeyringError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KeyringError';
  }
}

/** keyring.json: nothing in it is readable without the master key. */
interface KeyringFile {
  readonly version: 1;
  readonly masterKeyId: string;
  /** Base64 by name. */
  readonly keys: Readonly<Record<string, string>>;
}

const signingKeyName = 'signing';

/** Names a master key without telling it. @returns 16 hex digits */
export function masterKeyIdOf(masterKey: Uint8Array): string {
  return sha256Hex(Buffer.concat([Buffer.from('likeness master key\n'), masterKey])).slice(0, 16);
}

/**
 * Opens the keyring of a data folder, made at the first opening.
 *
 * @param parts.file where it is kept; absent: in memory, for tests
 * @param parts.masterKeys 32 bytes each; the first that opens it is taken, and the keys are wrapped anew under the first
 * @throws {KeyringError} when none of the master keys opens it, or it is damaged
 */
export function openKeyring(parts: { file?: string; masterKeys: readonly Uint8Array[] }): Keyring {
  const { file, masterKeys } = parts;
  const [first] = masterKeys;
  if (first === undefined || masterKeys.some((key) => key.length !== keyBytes)) {
    throw new KeyringError(`a master key is ${keyBytes} bytes long`);
  }
  let masterKey = first;
  const kept = file !== undefined && existsSync(file) ? readKeyring(file) : undefined;
  const keys = new Map<string, Uint8Array>();
  if (kept !== undefined) {
    const opener = masterKeys.find((key) => masterKeyIdOf(key) === kept.masterKeyId);
    if (opener === undefined) {
      throw new KeyringError(
        `${file} was locked with master key ${kept.masterKeyId}, and the master key given is ${masterKeyIdOf(first)}. Give the server the master key that this data folder was made with; without it nothing in the folder can be read.`,
      );
    }
    masterKey = opener;
    for (const [name, wrapped] of Object.entries(kept.keys)) {
      keys.set(name, unwrap(opener, name, wrapped, file ?? ''));
    }
  }
  let changed = false;
  for (const name of [...sealingKeyNames, ...macKeyNames, signingKeyName]) {
    if (keys.has(name)) continue;
    keys.set(name, name === signingKeyName ? makeSigningKey() : makeKeyBytes());
    changed = true;
  }

  const write = (wrappingKey: Uint8Array): void => {
    if (file === undefined) return;
    const sealer = createSealer(wrappingKey);
    const content: KeyringFile = {
      version: 1,
      masterKeyId: masterKeyIdOf(wrappingKey),
      keys: Object.fromEntries(
        [...keys].map(([name, key]) => [name, Buffer.from(sealer.seal(key, aboutKey(name))).toString('base64')]),
      ),
    };
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const unfinished = `${file}.${process.pid}.tmp`;
    writeFileSync(unfinished, `${JSON.stringify(content, undefined, 1)}\n`, { mode: 0o600, flush: true });
    renameSync(unfinished, file);
    // Before anyone lets go of the key that the keyring was wrapped with before.
    syncFolder(dirname(file));
  };
  if (changed || masterKey !== first) {
    write(first);
    masterKey = first;
  }

  const keyOf = (name: string): Uint8Array => {
    const key = keys.get(name);
    if (key === undefined) throw new KeyringError(`the keyring has no key ${name}`);
    return key;
  };
  const sealers = new Map(sealingKeyNames.map((name) => [name, createSealer(keyOf(name))]));
  const signer = createSigner(keyOf(signingKeyName));
  return {
    get masterKeyId() {
      return masterKeyIdOf(masterKey);
    },
    signer,
    sealer(name) {
      const sealer = sealers.get(name);
      if (sealer === undefined) throw new KeyringError(`the keyring has no key ${name}`);
      return sealer;
    },
    mac: (name, content) => createHmac('sha256', keyOf(name)).update(content).digest(),
    rewrap(next) {
      if (next.length !== keyBytes) throw new KeyringError(`a master key is ${keyBytes} bytes long`);
      write(next);
      masterKey = next;
    },
  };
}

/** Names the master key that a kept keyring opens with; undefined when there is no keyring yet. @throws {KeyringError} */
export function keyringMasterKeyId(file: string): string | undefined {
  return existsSync(file) ? readKeyring(file).masterKeyId : undefined;
}

/** A keyring that lives as long as the process, for tests and for stores in memory. */
export function openMemoryKeyring(): Keyring {
  return openKeyring({ masterKeys: [makeKeyBytes()] });
}

function aboutKey(name: string): string {
  return `likeness keyring ${name}`;
}

function unwrap(masterKey: Uint8Array, name: string, wrapped: string, file: string): Uint8Array {
  try {
    return createSealer(masterKey).open(Buffer.from(wrapped, 'base64'), aboutKey(name));
  } catch (cause) {
    if (!(cause instanceof SealBrokenError)) throw cause;
    throw new KeyringError(`the key ${name} in ${file} is damaged; restore the file from a backup`, { cause });
  }
}

function readKeyring(file: string): KeyringFile {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as KeyringFile;
    if (content.version !== 1 || typeof content.masterKeyId !== 'string' || typeof content.keys !== 'object') {
      throw new TypeError('it is no keyring of this version');
    }
    return content;
  } catch (cause) {
    throw new KeyringError(`${file} is damaged; restore the file from a backup`, { cause });
  }
}
