export {
  ModelCorruptError,
  ModelFetchError,
  ModelFormatError,
  ModelLicenceError,
  ModelMissingError,
  UnknownModelError,
} from './errors.ts';
export type { FetchPackage, FetchRequest } from './fetch-package.ts';
export { type Deployment, requireLicence } from './licence.ts';
export {
  type AssetEntry,
  type LearnedEntry,
  type ModelEntry,
  type ModelInput,
  type ModelManifest,
  type ModelOutput,
  type Provenance,
  readManifest,
} from './manifest.ts';
export {
  fetchSamplePhotos,
  type LoadedModel,
  type ModelStatus,
  type ModelStore,
  type ModelStoreParts,
  openModelStore,
  type PullOptions,
  type PullProgress,
} from './store.ts';
