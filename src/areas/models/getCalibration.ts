import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';

/** Tells what a similarity means, of one face model or of all. */
export const getCalibration = defineOwnOperation(
  'GetCalibration',
  ['modelCatalog'],
  async (request, { modelCatalog }) => {
    const { faceModelVersion } = request;
    const calibrations = modelCatalog.calibrations(faceModelVersion);
    if (calibrations.length === 0) {
      throw new ServiceError('ResourceNotFoundException', `The face model version: ${faceModelVersion} does not exist`);
    }
    return { calibrations };
  },
);
