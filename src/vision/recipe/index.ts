export {
  type CalibrationData,
  type CalibrationKnot,
  calibrationFrom,
  decadesOfSimilarity,
  faceModels,
  type PackCalibration,
  readCalibration,
  similarityOfDecades,
} from './calibration.ts';
export { openRecipe, type Recipe, type RecipeConstants, type RecipeHeader } from './constants.ts';
export { type CalibrationRow, calibrationRows, calibrationText, describeCalibration } from './describe.ts';
export { RecipeCorruptError } from './errors.ts';
export {
  type FaceProfileName,
  netDimensions,
  type PackProfile,
  type Profile,
  type ProfileName,
  profileNamed,
  profileOfModelVersion,
  profiles,
  type RecipeNet,
  sfaceProfile,
} from './profiles.ts';
export { type RawFeatures, templateOf } from './template.ts';
