import type { ModelCatalog } from '../governance/index.ts';
import { calibrationData, type FaceModels } from '../vision/index.ts';
import type { ModelStatus, ModelStore } from '../vision/models/index.ts';

const stateName: Record<ModelStatus['state'], 'present' | 'absent' | 'damaged'> = {
  ready: 'present',
  missing: 'absent',
  corrupt: 'damaged',
};

/** Tells of the models in the cache and of the calibrations, as data. */
export function createModelCatalog(models: ModelStore, faceModels: FaceModels): ModelCatalog {
  return {
    calibrations: () => faceModels.versions.map((version) => calibrationData(version)),
    models: async () =>
      (await models.list()).map(({ entry, state }) => ({
        id: entry.id,
        purpose: entry.purpose,
        package: `${entry.package}@${models.manifest.packages[entry.package]?.version}`,
        sha256: entry.onnx.sha256,
        licence: entry.licence,
        provenance: `${entry.provenance.authors}; ${entry.provenance.upstream}. Trained on: ${entry.provenance.trainingData}. ${entry.provenance.caveats}`,
        state: stateName[state],
      })),
  };
}
