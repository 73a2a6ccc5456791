import { calibrationFrom, readCalibration } from '../../src/vision/recipe/calibration.ts';
import { profiles } from '../../src/vision/recipe/profiles.ts';

/** The score of similarity 80, Rekognition's own default, by the calibration of the profile `accurate`. */
export function similarity80(): number {
  return calibrationFrom(readCalibration(profiles.accurate.modelVersion)).scoreOf(80);
}
