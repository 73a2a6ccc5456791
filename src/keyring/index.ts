export {
  type Keyring,
  KeyringError,
  type MacKeyName,
  masterKeyIdOf,
  openKeyring,
  openMemoryKeyring,
  type SealingKeyName,
} from './keyring.ts';
export { type MasterKeySource, parseMasterKey, readMasterKey, writeMasterKey } from './master-key.ts';
export { masterKeyFileSteps, nextMasterKeyFile, readMasterKeyFor, rotateMasterKey } from './master-key-rotation.ts';
