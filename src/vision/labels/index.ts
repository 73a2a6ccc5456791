export {
  embedPicture,
  openLabelVectors,
  openPictureNet,
  probabilityOf,
  readSigmoidOfCosine,
  type SigmoidOfCosine,
} from './concepts.ts';
export { coveragesOf, createLabelEngine, type LabelEngine } from './label-engine.ts';
export type { LabelVectors } from './label-vectors.ts';
export { runNanodet } from './nanodet.ts';
export { labelSources } from './sources.ts';
