import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { type Keyring, openKeyring, parseMasterKey, readMasterKey } from '../keyring/index.ts';
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
  const keyring = openKeyring({
    file: join(config.dataDir, 'keyring.json'),
    masterKeys: [
      readMasterKey(source),
      ...(previous ? [parseMasterKey(previous(), 'LIKENESS_MASTER_KEY_PREVIOUS')] : []),
    ],
  });
  writePrivateFile(publicKeyFile(config), keyring.signer.publicKeyPem);
  return keyring;
}
