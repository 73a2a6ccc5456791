import type { ModelCatalog } from '../governance/index.ts';
import {
  type CalibrationData,
  decadesOfSimilarity,
  type FaceModels,
  readCalibration,
  sfaceProfile,
} from '../vision/index.ts';
import type { ModelStatus, ModelStore, Provenance } from '../vision/models/index.ts';
import type { PackStore, PackVersions } from '../vision/packs/index.ts';

const stateName: Record<ModelStatus['state'], 'present' | 'absent' | 'damaged' | 'not-licensed'> = {
  ready: 'present',
  missing: 'absent',
  corrupt: 'damaged',
  'not-licensed': 'not-licensed',
};

/** Tells of the models in the cache, of the optional packs and of the calibrations, as data. */
export function createModelCatalog(parts: {
  readonly models: ModelStore;
  readonly packs: Pick<PackStore, 'list'>;
  /** The packs that the workers use. */
  readonly packsInUse: PackVersions;
  readonly faceModels: FaceModels;
  /** Those that were measured here, of face models that come with packs. */
  readonly packCalibrations: readonly CalibrationData[];
  readonly packageVersion: string;
}): ModelCatalog {
  const { models, packs, packsInUse, faceModels, packCalibrations, packageVersion } = parts;
  return {
    calibrations: (wanted) => {
      // Says what is missing where it is the model of a pack.
      if (wanted === sfaceProfile.modelVersion) faceModels.calibration(wanted);
      return faceModels.versions
        .filter((version) => wanted === undefined || version === wanted)
        .map((version) =>
          calibrationOf(
            packCalibrations.find(({ modelVersion }) => modelVersion === version) ?? readCalibration(version),
          ),
        );
    },
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
    packs: async () =>
      (await packs.list('sizes')).map(({ entry, state, installed }) => {
        const inUse = packsInUse[entry.id];
        return {
          id: entry.id,
          purpose: entry.purpose,
          state,
          licence: installed?.licence ?? entry.licence.name,
          ...((installed ?? entry).commercialUse !== undefined && {
            commercialUse: (installed ?? entry).commercialUse === true,
          }),
          provenance: told(entry.provenance),
          measured: entry.measured,
          files: entry.files.map(({ path, url, sha256 }) => {
            const kept = installed?.files.find((file) => file.path === path);
            const digest = kept?.sha256 ?? sha256;
            return {
              path,
              ...(url !== undefined && { url }),
              ...(digest !== undefined && { sha256: digest }),
              pinnedBy: sha256 === undefined ? ('operator' as const) : ('release' as const),
            };
          }),
          ...(installed && { version: installed.version }),
          ...(inUse !== undefined && { versionInUse: inUse }),
        };
      }),
  };
}

type Calibration = ReturnType<ModelCatalog['calibrations']>[number];

/** What a calibration says, at the similarities that people ask about. */
function calibrationOf(data: CalibrationData): Calibration {
  const { modelVersion, measuredOn, knots, missedMatches, doesNotCover } = data;
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
