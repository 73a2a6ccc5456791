export { type AttributeGrant, withholdFromDetector, withholdFromEmbedder } from './attributes.ts';
export {
  consentedFaceWriter,
  consentedUserWriter,
  type Enrolment,
  type EnrolmentParts,
  type PendingEnrolment,
  type SubjectLikeness,
} from './enrolment.ts';
export { effectiveThreshold, type FloorGrant, floorMatcher, floorSearch } from './floor.ts';
export { noteProbes } from './probes.ts';
export { type WatchParts, watchMatcher, watchSearch } from './watch-probes.ts';
export { countFaceWrites, floorUserWriter } from './writers.ts';
