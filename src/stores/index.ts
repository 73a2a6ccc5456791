export { openAnchorFile } from './anchor/anchor-file.ts';
export { openMemoryStores, passingKeys } from './memory/open-memory-stores.ts';
export type { DamagedCollection } from './sqlite/collection-tables.ts';
export { openAuditReader, openKeys, openStores, type StoreKeys, type Stores } from './sqlite/open-stores.ts';
