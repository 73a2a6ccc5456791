export { detectModerationLabels } from './detectModerationLabels.ts';
