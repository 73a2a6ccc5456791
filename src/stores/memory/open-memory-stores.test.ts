import { describeCollectionStore } from '../../../tests/stores/collection-contract.ts';
import { describeStaging } from '../../../tests/stores/staging-contract.ts';
import { describeSubjects } from '../../../tests/stores/subject-contract.ts';
import { describeTransfer } from '../../../tests/stores/transfer-contract.ts';
import { openMemoryStores } from './open-memory-stores.ts';

describeCollectionStore('stores in memory', () => openMemoryStores(() => 1_700_000_000_000));
describeSubjects('stores in memory', (clock) => openMemoryStores(clock));
describeStaging('stores in memory', () => openMemoryStores(() => 1_700_000_000_000));
describeTransfer('stores in memory', () => openMemoryStores(() => 1_700_000_000_000));
