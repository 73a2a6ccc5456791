export { PackMissingError } from '../errors.ts';
export { PackCorruptError, UnknownPackError } from './errors.ts';
export {
  type PackEntry,
  type PackFile,
  type PackKind,
  type PackLicence,
  type PackManifest,
  type PackSignature,
  readPackManifest,
} from './manifest.ts';
export type { InstalledFile, InstalledPackFile } from './pack-record.ts';
export { type PrepareInput, type PrepareStep, type PrepareSteps, prepareSteps } from './prepare.ts';
export {
  type InstalledPack,
  installedVersions,
  openPackStore,
  type PackStatus,
  type PackStore,
  type PackStoreParts,
  type PackVersions,
} from './store.ts';
