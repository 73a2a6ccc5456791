export { type AttributeGrant, withholdFromDetector, withholdFromEmbedder } from './attributes.ts';
export { effectiveThreshold, type FloorGrant, floorMatcher, floorSearch } from './floor.ts';
export { countFaceWrites, floorUserWriter } from './writers.ts';
