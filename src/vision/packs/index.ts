export { PackMissingError } from '../errors.ts';
export type { Proxies } from './download.ts';
export {
  PackBusyError,
  PackCorruptError,
  PackFetchError,
  PackLicenceNotAcceptedError,
  PackUnpinnedError,
  PackUsageError,
  UnknownPackError,
} from './errors.ts';
export {
  type InstallResult,
  openPackInstaller,
  type PackInstaller,
  type PackInstallerParts,
} from './install.ts';
export type { InstallOptions, InstallProgress, LicenceTerms } from './install-options.ts';
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
