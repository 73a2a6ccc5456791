export { openAnchorFile } from './anchor/anchor-file.ts';
export { openLineFile } from './anchor/line-file.ts';
export { openMemoryStores, passingKeys } from './memory/open-memory-stores.ts';
export type { DamagedCollection } from './sqlite/collection-tables.ts';
export { type DataFolderLock, lockDataFolder } from './sqlite/data-folder-lock.ts';
export { inspectSnapshot, isGovernanceSound, type SnapshotFacts } from './sqlite/inspect-snapshot.ts';
export { openAuditReader, openStores, type StoreKeys, type Stores } from './sqlite/open-stores.ts';
