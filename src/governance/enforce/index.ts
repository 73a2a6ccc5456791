export { type AttributeGrant, withholdFromDetector, withholdFromEmbedder } from './attributes.ts';
export { effectiveThreshold, type FloorGrant, floorMatcher, floorSearch } from './floor.ts';
export { noteProbes } from './probes.ts';
export { countFaceWrites, floorUserWriter } from './writers.ts';
