export { getCalibration } from './getCalibration.ts';
export { listModels } from './listModels.ts';
