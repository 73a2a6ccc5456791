import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ensureFirstKey, firstPerson, secretOf } from './compose/access-keys.ts';
import { openAccountability } from './compose/accountability.ts';
import { openAuditTrail } from './compose/audit-trail.ts';
import { createCapabilities } from './compose/capabilities.ts';
import { createImageReader } from './compose/image-reader.ts';
import { createModelCatalog } from './compose/model-catalog.ts';
import { openBudgets } from './compose/open-budgets.ts';
import { openKeyringOf } from './compose/open-keyring.ts';
import { builtOperations } from './compose/operations.ts';
import { finishRestoreOf } from './compose/restore.ts';
import { openRetention } from './compose/retention.ts';
import { startReviewSweep } from './compose/review-sweep.ts';
import { inServiceTerms } from './compose/service-terms.ts';
import { openWithholding } from './compose/withholding.ts';
import type { Config } from './config/index.ts';
import { ServiceError } from './contract/index.ts';
import {
  type Caller,
  createAuditReader,
  createDualControl,
  createGate,
  createIdempotency,
  createPageTokens,
  createPeople,
  type Dispatch,
  foundPersons,
  loadPolicy,
  type Policy,
  purposeNames,
  type RefusedCaller,
} from './governance/index.ts';
import type { Keyring } from './keyring/index.ts';
import { packageRoot, packageVersion } from './shared/package-root.ts';
import { openObjectReader } from './sources/index.ts';
import { openStores, type Stores } from './stores/index.ts';
import { type FaceModels, faceModels } from './vision/index.ts';
import { type ModelStore, openModelStore, type PullProgress } from './vision/models/index.ts';
import { noVision, openVisionPool, type VisionPool } from './vision/workers/index.ts';

/** How a house is put together beside its configuration. */
export interface ComposeOptions {
  /** Told while models are fetched and converted. */
  readonly onModelProgress?: (progress: PullProgress) => void;
  /** Told what an operator should know: a worker was replaced, a collection or a model file is damaged. */
  readonly onNotice?: (notice: string) => void;
  /**
   * False: for commands that look at no image; no model is fetched and no worker started. A pool: looks at images in
   * their place. Default true.
   */
  readonly vision?: boolean | VisionPool;
  readonly signal?: AbortSignal;
}

/** The house, wired: everything that the server, the library and the command line stand on. */
export interface House {
  readonly config: Config;
  readonly policy: Policy;
  readonly dispatch: Dispatch;
  readonly stores: Stores;
  readonly models: ModelStore;
  readonly faceModels: FaceModels;
  readonly vision: VisionPool;
  readonly keyring: Keyring;
  /** Records a call whose signature did not hold; never waits and never throws. */
  readonly refusedCaller: (caller: RefusedCaller) => void;
  /** The AWS credentials file of the first key. */
  readonly credentialsFile: string;
  /** Who calls when this process itself does: the library, and a server with signatures switched off. */
  readonly localCaller: Caller;
  close(): Promise<void>;
}

/** A grant holds as long as a request may take, and then some. */
const grantSlackMs = 60_000;
const pageTokenSecretBytes = 32;
/** A worker at rest holds about 350 MiB; a photo of 100 megapixels adds 300 MiB while it is decoded. */
const workerMemoryBytes = 2 * 2 ** 30;

/** Names the data folder's own files. */
export function dataFiles(config: Pick<Config, 'dataDir'>): { credentials: string; pageTokenSecret: string } {
  return {
    credentials: join(config.dataDir, 'aws-credentials'),
    pageTokenSecret: join(config.dataDir, 'page-token-secret'),
  };
}

/**
 * Puts the house together: the only place that knows every room.
 *
 * Models that are missing are fetched first; the workers load them in the background ({@link VisionPool.ready}).
 *
 * @throws {KeyringError} when the master key is missing or another one
 * @throws {StoreError} when the data folder is locked, damaged or of a newer version
 * @throws {ModelFetchError} when models cannot be fetched
 */
export async function compose(config: Config, options: ComposeOptions = {}): Promise<House> {
  const notice = options.onNotice ?? (() => {});
  const clock = Date.now;
  const policy = loadPolicy();
  const models = openModelStore({ modelsDir: config.modelsDir, deployment: config.deployment });
  if (options.vision === undefined || options.vision === true)
    await models.pull(undefined, {
      ...(options.onModelProgress && { onProgress: options.onModelProgress }),
      // It is made anew from its pinned source, but someone should know that it was changed.
      onCorrupt: (error) => notice(error.message),
      ...(options.signal && { signal: options.signal }),
    });

  await finishRestoreOf(config, clock());
  const keyring = openKeyringOf(config);
  const stores = await openStores({ dataDir: config.dataDir, keys: keyring, clock });
  const closers: (() => Promise<unknown>)[] = [() => stores.close()];
  try {
    for (const { collectionId, reason } of stores.damagedCollections()) {
      notice(`the collection ${collectionId} is quarantined: ${reason}`);
    }
    const audit = await openAuditTrail({
      settings: config.audit,
      stores,
      signer: keyring.signer,
      policy,
      clock,
      ids: randomUUID,
      notice,
    });
    closers.push(() => audit.close());
    const files = dataFiles(config);
    // The first key may serve under every purpose that can be declared; calls without a collection run under the default.
    const purposes = [config.defaultPurpose, ...purposeNames.filter((name) => name !== config.defaultPurpose)];
    await ensureFirstKey(stores.keys, { file: files.credentials, region: config.region, purposes, nowMs: clock() });

    const people = createPeople({ documents: stores.documents, clock });
    await foundPersons({ people, keys: stores.keys, first: firstPerson, notice });

    const vision =
      options.vision === false
        ? noVision()
        : typeof options.vision === 'object'
          ? options.vision
          : openVisionPool({
              entry: join(packageRoot(), 'dist', 'vision', 'workers', 'worker.js'),
              settings: {
                modelsDir: config.modelsDir,
                deployment: config.deployment,
                profile: config.profile,
                limits: {
                  maxBytes: Math.max(config.imageLimits.maxBytes, config.imageLimits.maxObjectBytes),
                  maxPixels: config.imageLimits.maxPixels,
                  minSide: config.imageLimits.minSide,
                },
              },
              workers: config.workers,
              // The edge bounds what comes in; CompareFaces sends two images at once.
              queueLimit: 16 * config.workers + config.queueLimit,
              taskTimeoutMs: config.requestTimeoutMs,
              workerMemoryBytes,
              onReplaced: (why) => notice(`an inference worker was replaced: it ${why}`),
            });
    closers.push(() => vision.close());

    const objects = openObjectReader({
      ...(config.bucketsDir !== undefined && { bucketsDir: config.bucketsDir }),
      ...(config.s3 && { s3: config.s3 }),
    });
    closers.push(async () => objects.close());

    const versions = faceModels(config.profile);
    const budgets = await openBudgets({ audit: stores.audit, policy, faceModels: versions, clock, notice });
    closers.push(async () => budgets.close());
    const dualControl = createDualControl({ documents: stores.documents, people, clock, ids: randomUUID });
    const retention = await openRetention({
      config,
      policy,
      stores,
      keyring,
      audit: audit.log,
      dualControl,
      clock,
      ids: randomUUID,
      notice,
    });
    const accountability = openAccountability({
      retention,
      config,
      policy,
      stores,
      keyring,
      faceModels: versions,
      people,
      dualControl,
      clock,
      ids: randomUUID,
      notice,
    });
    const probeHash = (bytes: Uint8Array): string =>
      keyring.mac('probes', createHash('sha256').update(bytes).digest()).toString('hex');
    const withholding = openWithholding({
      review: accountability.review,
      consent: accountability,
      policy,
      stores,
      cropper: vision,
      faceModels: versions,
      probeHash,
      clock,
    });
    retention.register(withholding.pending.erasureSource);
    closers.push(await accountability.start());
    closers.push(startReviewSweep(withholding, notice));
    const idempotency = createIdempotency({ store: stores.idempotency, clock });
    const dispatch = createGate({
      policy,
      people,
      budgets: budgets.searches,
      audit: audit.log,
      settings: {
        defaultPurpose: config.defaultPurpose,
        photoLibraryAttributes: config.photoLibraryAttributes,
        region: config.region,
        accountId: config.accountId,
        grantMs: config.requestTimeoutMs + grantSlackMs,
      },
      consent: accountability.ledger,
      findCollection: (id) => stores.collections.findCollection(id),
      purposeOfToken: (token) => accountability.purposeOfToken(token),
      clock,
      ids: randomUUID,
      operations: builtOperations,
      translateError: inServiceTerms,
      capabilitiesFor: createCapabilities({
        images: createImageReader({
          objects,
          maxInlineBytes: config.imageLimits.maxBytes,
          maxObjectBytes: config.imageLimits.maxObjectBytes,
        }),
        vision,
        watchOf: budgets.watchOf,
        faceModels: versions,
        collections: stores.collections,
        pageTokens: createPageTokens({ secret: secretOf(files.pageTokenSecret, pageTokenSecretBytes), clock }),
        idempotencyFor: (grant) => idempotency.forCall(grant),
        account: {
          region: config.region,
          accountId: config.accountId,
          collectionMaxFaces: config.collectionMaxFaces,
          maxCollections: config.maxCollections,
        },
        policyInForce: { policy, defaultPurpose: config.defaultPurpose },
        auditReader: createAuditReader(stores.audit),
        auditExporter: audit.exporter,
        publicKey: keyring.signer,
        probeHash,
        withholding,
        accountability: accountability.capabilities,
        consent: accountability,
        retention: retention.guards,
        modelCatalog: createModelCatalog(models, versions, packageVersion()),
        clock,
      }),
    });
    return {
      config,
      policy,
      dispatch,
      stores,
      models,
      faceModels: versions,
      vision,
      keyring,
      refusedCaller: audit.refused,
      credentialsFile: files.credentials,
      localCaller: { accessKeyId: 'local', person: firstPerson, operations: '*', collections: '*', purposes },
      close: async () => {
        for (const close of closers.reverse()) await close();
      },
    };
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

/**
 * The caller behind a key, for work inside this process: it holds the secret, so it may act for the key's person.
 *
 * @throws {ServiceError} UnrecognizedClientException, InvalidSignatureException
 */
export async function callerOfCredentials(
  house: House,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string },
): Promise<Caller> {
  const key = await house.stores.keys.find(credentials.accessKeyId);
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
export {
  type AuditBook,
  openAudit,
  openModels,
  versionsOfFaceModels,
} from './compose/operator.ts';
export { restoreInto } from './compose/restore.ts';
export type { TransparencyReport } from './governance/index.ts';
export { type AuditExporter, type AuditRecord, exportLines } from './governance/index.ts';
export type { KeyRecord } from './stores/ports/index.ts';
export { describeCalibration } from './vision/index.ts';
