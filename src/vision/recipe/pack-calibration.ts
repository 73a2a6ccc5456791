import { PackCorruptError, type PackStore } from '../packs/index.ts';
import { type CalibrationData, calibrationFrom, type PackCalibration } from './calibration.ts';
import { RecipeCorruptError } from './errors.ts';
import { sfaceProfile } from './profiles.ts';

/** The product of the pack that holds what was measured here, `CalibrationData` as JSON. */
export const CALIBRATION_FILE = 'calibration.json';

/**
 * How SFace stands in a models folder: the calibration that `npm run calibrate:faces` recorded, verified.
 *
 * @throws {PackCorruptError} when the pack or its calibration isn't what the record says
 * @throws {ModelLicenceError}
 */
export async function readPackCalibration(packs: Pick<PackStore, 'installed' | 'load'>): Promise<PackCalibration> {
  const { pack, modelVersion, dimensions } = sfaceProfile;
  const installed = await packs.installed(pack);
  if (installed === undefined) return 'pack-missing';
  if (!installed.products.some(({ path }) => path === CALIBRATION_FILE)) return 'uncalibrated';
  const bytes = await packs.load(pack, CALIBRATION_FILE);
  try {
    const data = JSON.parse(Buffer.from(bytes).toString('utf8')) as CalibrationData;
    if (data.modelVersion !== modelVersion || data.dimensions !== dimensions) {
      throw new RecipeCorruptError(CALIBRATION_FILE, `it is of ${data.modelVersion}`);
    }
    calibrationFrom(data);
    return data;
  } catch (cause) {
    throw new PackCorruptError(pack, `its ${CALIBRATION_FILE} is not a calibration of ${modelVersion}`, { cause });
  }
}

/** As {@link readPackCalibration}, for a server that starts: a damaged one counts for none, and is told. */
export async function readPackCalibrationOrTell(
  packs: Pick<PackStore, 'installed' | 'load'>,
  onProblem: (problem: string) => void,
): Promise<PackCalibration> {
  try {
    return await readPackCalibration(packs);
  } catch (error) {
    if (!(error instanceof PackCorruptError)) throw error;
    onProblem(error.message);
    return 'uncalibrated';
  }
}
