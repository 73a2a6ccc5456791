export { coveragesOf, createLabelEngine, type LabelEngine } from './label-engine.ts';
export { cocoNames, runNanodet } from './nanodet.ts';
export { labelSources } from './sources.ts';
