import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeCollectionStore, type OpenedCollections } from '../../../tests/stores/collection-contract.ts';
import { describeStaging } from '../../../tests/stores/staging-contract.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { describeSubjects } from '../../../tests/stores/subject-contract.ts';
import { describeTransfer } from '../../../tests/stores/transfer-contract.ts';
import { openStores } from './open-stores.ts';

const root = mkdtempSync(join(tmpdir(), 'likeness-stores-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const openIn = async (dataDir: string, clock = () => 1_700_000_000_000): Promise<OpenedCollections> => {
  const stores = await openStores({ dataDir, keys: storeKeys, clock });
  return { collections: stores.collections, close: () => stores.close(), reopen: () => openIn(dataDir, clock) };
};
describeCollectionStore('the sqlite store', () => openIn(mkdtempSync(join(root, 'data-'))));
describeSubjects('the sqlite store', (clock) => openIn(mkdtempSync(join(root, 'data-')), clock));
describeStaging('the sqlite store', () => openIn(mkdtempSync(join(root, 'data-'))));
describeTransfer('the sqlite store', () => openIn(mkdtempSync(join(root, 'data-'))));
