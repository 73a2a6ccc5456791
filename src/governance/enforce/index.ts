export { type AttributeGrant, withholdFromDetector, withholdFromEmbedder } from './attributes.ts';
export { countEquipment } from './count-equipment.ts';
export { countModeration } from './count-moderation.ts';
export { countText } from './count-text.ts';
export { enrolDecided } from './enrol-decided.ts';
export {
  consentedFaceWriter,
  consentedUserWriter,
  type Enrolment,
  type EnrolmentParts,
  type PendingEnrolment,
  type SubjectLikeness,
} from './enrolment.ts';
export { effectiveThreshold, type FloorGrant, floorMatcher, floorSearch } from './floor.ts';
export { createImageMemories, type ImageMemories, type ImageMemory } from './image-memory.ts';
export { keepCrops } from './kept-crops.ts';
export { withholdFromLabels } from './labels.ts';
export { associateByName } from './names.ts';
export { noteChangedUsers, noteFoundSubjects, noteStoredSubjects, type PseudonymOf } from './note-subjects.ts';
export { pendEnrolments } from './pend-enrolment.ts';
export { createPendingFaces, type PendingFace, type PendingFaces } from './pending-faces.ts';
export { createProbeSheet, noteEmbedded, noteStoredProbes, type ProbeSheet } from './probe-sheet.ts';
export { noteProbes } from './probes.ts';
export { consentedReembedder, countReembedding, reviewedReembedder } from './reembed.ts';
export { rememberVisualFeatures } from './visual-similarity.ts';
export { type WatchParts, watchMatcher, watchSearch } from './watch-probes.ts';
export { withholdMatcher } from './withhold-matcher.ts';
export { withholdSearch } from './withhold-search.ts';
export type { CallSheets, ReviewGrant, WithholdingParts } from './withholding.ts';
export { countFaceWrites, floorUserWriter } from './writers.ts';
