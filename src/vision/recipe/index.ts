export {
  type CalibrationData,
  type CalibrationKnot,
  calibrationFrom,
  decadesOfSimilarity,
  faceModels,
  readCalibration,
  similarityOfDecades,
} from './calibration.ts';
export { openRecipe, type Recipe, type RecipeConstants, type RecipeHeader } from './constants.ts';
export { type CalibrationRow, calibrationRows, calibrationText, describeCalibration } from './describe.ts';
export { RecipeCorruptError } from './errors.ts';
export {
  netDimensions,
  type Profile,
  type ProfileName,
  profileOfModelVersion,
  profiles,
  type RecipeNet,
} from './profiles.ts';
export { type RawFeatures, templateOf } from './template.ts';
