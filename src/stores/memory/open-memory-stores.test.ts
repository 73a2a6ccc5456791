import { describeCollectionStore } from '../../../tests/stores/collection-contract.ts';
import { openMemoryStores } from './open-memory-stores.ts';

describeCollectionStore('stores in memory', () => openMemoryStores());
