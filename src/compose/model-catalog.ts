import type { ModelCatalog } from '../governance/index.ts';
import { decadesOfSimilarity, type FaceModels, readCalibration } from '../vision/index.ts';
import type { ModelStatus, ModelStore, Provenance } from '../vision/models/index.ts';

const stateName: Record<ModelStatus['state'], 'present' | 'absent' | 'damaged' | 'not-licensed'> = {
  ready: 'present',
  missing: 'absent',
  corrupt: 'damaged',
  'not-licensed': 'not-licensed',
};

/** Tells of the models in the cache and of the calibrations, as data. */
export function createModelCatalog(models: ModelStore, faceModels: FaceModels, packageVersion: string): ModelCatalog {
  return {
    calibrations: () => faceModels.versions.map(calibrationOf),
    models: async () => [
      ...(await models.list()).map(({ entry, state }) => ({
        id: entry.id,
        purpose: entry.purpose,
        package: `${entry.package}@${models.manifest.packages[entry.package]?.version}`,
        sha256: entry.onnx.sha256,
        licence: entry.licence,
        commercialUse: entry.commercialUse,
        provenance: told(entry.provenance),
        state: stateName[state],
      })),
      ...models.manifest.learned.map(({ file: _, provenance, ...entry }) => ({
        ...entry,
        package: `likeness@${packageVersion}`,
        provenance: told(provenance),
        state: 'present' as const,
      })),
    ],
  };
}

type Calibration = ReturnType<ModelCatalog['calibrations']>[number];

/** What a calibration says, at the similarities that people ask about. */
function calibrationOf(modelVersion: string): Calibration {
  const { measuredOn, knots, missedMatches, doesNotCover } = readCalibration(modelVersion);
  const lastMeasured = knots.at(-1)?.decades ?? 0;
  return {
    faceModelVersion: modelVersion,
    fittedOn: `${measuredOn.dataSet}: ${measuredOn.images} images of ${measuredOn.people} people; ${measuredOn.method}`,
    points: missedMatches.map(({ similarity, rate }) => ({
      similarity,
      falseMatchRate: 10 ** -decadesOfSimilarity(similarity),
      trueMatchRate: 1 - rate,
      extrapolated: decadesOfSimilarity(similarity) > lastMeasured,
    })),
    doesNotCover: [...doesNotCover],
  };
}

function told({ authors, upstream, trainingData, caveats }: Provenance): string {
  return `${authors}; ${upstream}. Trained on: ${trainingData}. ${caveats}`;
}
