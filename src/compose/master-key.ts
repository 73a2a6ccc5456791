import type { Config } from '../config/index.ts';
import { createMasterKeyDesk, type MasterKeyDesk } from '../governance/index.ts';
import { type Keyring, rotateMasterKey } from '../keyring/index.ts';

const origins = { file: 'file', text: 'environment', command: 'command' } as const;

/** The desk of the master key that a configuration names. */
export function masterKeyDeskOf(config: Pick<Config, 'masterKey'>, keyring: Keyring): MasterKeyDesk {
  const { source } = config.masterKey;
  return createMasterKeyDesk({
    origin: origins[source.kind],
    masterKeyId: () => keyring.masterKeyId,
    takeNext: () => rotateMasterKey(source, keyring),
  });
}
