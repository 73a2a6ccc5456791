export { createFaceDescriber, type DescriberParts, type OpenFaceDescriber } from './describer.ts';
export { ProbesCorruptError } from './errors.ts';
export { normaliseFeature, PROBE_FIELDS, type ProbeField, type ProbeFigures, type ProbesHeader } from './probes.ts';
export { combineProbes } from './worn-and-grown.ts';
