import type { ComposeOptions, House } from './compose/house.ts';
import { wire } from './compose/wire.ts';
import type { Config } from './config/index.ts';
import { ServiceError } from './contract/index.ts';
import type { Caller } from './governance/index.ts';

/**
 * Opens the house and hands out its face alone: stores, models and keys stay inside, so that what is built on it can
 * ask the gate and nothing else.
 *
 * Models that are missing are fetched first; the workers load them in the background ({@link House.ready}).
 *
 * @throws {KeyringError} when the master key is missing or another one
 * @throws {StoreError} when the data folder is locked, damaged or of a newer version
 * @throws {ModelFetchError} when models cannot be fetched
 */
export async function compose(config: Config, options: ComposeOptions = {}): Promise<House> {
  const { onModelProgress, onNotice, vision, signal } = options;
  const house = await wire(config, {
    ...(onModelProgress && { onModelProgress }),
    ...(onNotice && { onNotice }),
    ...(vision !== undefined && { vision }),
    ...(signal && { signal }),
  });
  const { policy, dispatch, findKey, health, ready, warnings, refusedCaller, credentialsFile, localCaller, close } =
    house;
  return {
    config,
    policy,
    dispatch,
    findKey,
    health,
    ready,
    warnings,
    refusedCaller,
    credentialsFile,
    localCaller,
    close,
  };
}

/**
 * The caller behind a key, for work inside this process: it holds the secret, so it may act for the key's person.
 *
 * @throws {ServiceError} UnrecognizedClientException, InvalidSignatureException
 */
export async function callerOfCredentials(
  house: Pick<House, 'findKey'>,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string },
): Promise<Caller> {
  const key = await house.findKey(credentials.accessKeyId);
  const serves =
    key !== undefined &&
    key.revokedAtMs === undefined &&
    (key.expiresAtMs === undefined || key.expiresAtMs > Date.now());
  if (!serves) {
    throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (key.secretAccessKey !== credentials.secretAccessKey || key.sessionToken !== credentials.sessionToken) {
    throw new ServiceError('InvalidSignatureException', 'The secret in the credentials file is not that of its key.');
  }
  const { accessKeyId, person, operations, collections, purposes } = key;
  return { accessKeyId, person, operations, collections, purposes };
}

export { credentialsIni, readCredentialsIni, writePrivateFile } from './compose/access-keys.ts';
export { dataFiles } from './compose/data-files.ts';
export type { ComposeOptions, House, HouseHealth } from './compose/house.ts';
export {
  type AuditBook,
  describeFaceModels,
  openAudit,
  openModels,
  openPacks,
  type Packs,
} from './compose/operator.ts';
export { restoreInto } from './compose/restore.ts';
export {
  type AuditExporter,
  type AuditRecord,
  exportLines,
  type TransparencyReport,
} from './governance/index.ts';
export type { KeyRecord } from './stores/ports/index.ts';
export { PackMissingError } from './vision/index.ts';
export type { InstallOptions, InstallProgress, InstallResult, LicenceTerms, PackStatus } from './vision/packs/index.ts';
