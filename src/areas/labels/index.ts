export { detectLabels } from './detectLabels.ts';
export { listLabels } from './listLabels.ts';
