export { createCollection } from './createCollection.ts';
export { deleteCollection } from './deleteCollection.ts';
export { describeCollection } from './describeCollection.ts';
export { listCollections } from './listCollections.ts';
