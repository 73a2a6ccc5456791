import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { type Keyring, KeyringError, openKeyring, parseMasterKey, readMasterKeyFor } from '../keyring/index.ts';
import { writePrivateFile } from './access-keys.ts';

/** The file that a verifier needs: the public key of what this server signs. */
export function publicKeyFile(config: Pick<Config, 'trustDir'>): string {
  return join(config.trustDir, 'public-key.pem');
}

/**
 * Opens the keys of a data folder under its master key, and puts the public key where people find it.
 *
 * @throws {KeyringError} when there is no master key, or not the one that the folder was locked with
 */
export function openKeyringOf(config: Pick<Config, 'dataDir' | 'trustDir' | 'masterKey'>): Keyring {
  const { source, previous } = config.masterKey;
  const file = join(config.dataDir, 'keyring.json');
  const open = (): Keyring =>
    openKeyring({
      file,
      masterKeys: [
        readMasterKeyFor(source, file, { mayMake: previous !== undefined }),
        ...(previous ? [parseMasterKey(previous(), 'LIKENESS_MASTER_KEY_PREVIOUS')] : []),
      ],
    });
  let keyring: Keyring;
  try {
    keyring = open();
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    // The server may have changed its master key between the looks at the one file and the other.
    keyring = open();
  }
  writePrivateFile(publicKeyFile(config), keyring.signer.publicKeyPem);
  return keyring;
}
