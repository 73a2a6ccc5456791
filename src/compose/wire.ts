import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { limits } from '../contract/index.ts';
import {
  createAuditReader,
  createDualControl,
  createGate,
  createIdempotency,
  createImageMemories,
  createPageTokens,
  createPeople,
  foundPersons,
  loadPolicy,
  purposeNames,
  sweepTransfers,
} from '../governance/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { imageDigest } from '../shared/image-id.ts';
import { packageRoot, packageVersion } from '../shared/package-root.ts';
import { openObjectReader } from '../sources/index.ts';
import { openStores, type Stores } from '../stores/index.ts';
import { YUNET_FILE } from '../vision/detect/yunet.ts';
import { SFACE_FILE } from '../vision/embed/sface.ts';
import {
  createTextReader,
  type FaceModels,
  faceModels,
  similarityOf,
  UncalibratedFaceModelError,
  visualFeatureVersion,
} from '../vision/index.ts';
import { openModelStore } from '../vision/models/index.ts';
import { installedVersions, openPackStore, type PackManifest } from '../vision/packs/index.ts';
import { readPackCalibrationOrTell } from '../vision/recipe/pack-calibration.ts';
import { noVision, openVisionPool, type VisionPool } from '../vision/workers/index.ts';
import { ensureFirstKey, firstPerson, secretOf } from './access-keys.ts';
import { openAccountability } from './accountability.ts';
import { openAuditTrail } from './audit-trail.ts';
import { createCapabilities } from './capabilities.ts';
import { openCelebrities } from './celebrities.ts';
import { dataFiles } from './data-files.ts';
import type { ComposeOptions, House } from './house.ts';
import { createImageReader } from './image-reader.ts';
import { createLabelCatalog } from './label-catalog.ts';
import { createModelCatalog } from './model-catalog.ts';
import { openBudgets } from './open-budgets.ts';
import { openKeyringOf } from './open-keyring.ts';
import { builtOperations } from './operations.ts';
import { finishRestoreOf } from './restore.ts';
import { openRetention } from './retention.ts';
import { inServiceTerms } from './service-terms.ts';
import { startSweep } from './sweep.ts';
import { openTransfers } from './transfers.ts';
import { openWithholding } from './withholding.ts';

/** The house with its walls open: what compose keeps to itself. Only tests (tests/builders/open-house.ts)
 * and benches look inside. */
export interface WiredHouse extends House {
  readonly stores: Stores;
  readonly faceModels: FaceModels;
  readonly vision: VisionPool;
  readonly keyring: Keyring;
}

/** What the house's own tests put in the place of parts; `compose` hands none of it on. */
export interface WireOptions extends ComposeOptions {
  /** Packs of other digests than this release pins. */
  readonly packManifest?: PackManifest;
}

/** A grant holds as long as a request may take, and then some. */
const grantSlackMs = 60_000;
const pageTokenSecretBytes = 32;
/** What is remembered of images for RankSimilarImages: about 16,000 of them, an hour after their last use. */
const imageMemoryBytes = 128 * 2 ** 20;
const imageMemoryMs = 3_600_000;
/** A worker at rest holds about 350 MiB; a photo of 100 megapixels adds 300 MiB while it is decoded. */
const workerMemoryBytes = 2 * 2 ** 30;

/**
 * Puts the house together: the only place that knows every room. Outside come only through `compose`, which hands out
 * less.
 *
 * Models that are missing are fetched first; the workers load them in the background ({@link VisionPool.ready}).
 *
 * @throws {KeyringError} when the master key is missing or another one
 * @throws {StoreError} when the data folder is locked, damaged or of a newer version
 * @throws {ModelFetchError} when models cannot be fetched
 * @throws {PackMissingError | PackCorruptError} when a pack that a setting names is not there whole
 */
export async function wire(config: Config, options: WireOptions = {}): Promise<WiredHouse> {
  const notice = options.onNotice ?? (() => {});
  const clock = Date.now;
  const policy = loadPolicy();
  const models = openModelStore({ modelsDir: config.modelsDir, deployment: config.deployment });
  const packs = openPackStore({
    modelsDir: config.modelsDir,
    deployment: config.deployment,
    ...(options.packManifest && { manifest: options.packManifest }),
  });
  if (options.vision === undefined || options.vision === true) {
    // Read here once, so that a pack that is not there refuses the start instead of every image.
    if (config.faceDetector === 'yunet') await packs.load('yunet', YUNET_FILE);
    if (config.profile === 'sface') await packs.load('sface', SFACE_FILE);
    await models.pull(undefined, {
      ...(options.onModelProgress && { onProgress: options.onModelProgress }),
      // It is made anew from its pinned source, but someone should know that it was changed.
      onCorrupt: (error) => notice(error.message),
      ...(options.signal && { signal: options.signal }),
    });
  }

  const packVersions = await installedVersions(packs, (problem) => notice(problem.message));
  const startedPacks = openPackStore({
    modelsDir: config.modelsDir,
    deployment: config.deployment,
    startedWith: packVersions,
  });
  const sface = packVersions.sface === undefined ? 'pack-missing' : await readPackCalibrationOrTell(packs, notice);
  const versions = faceModels(config.profile, sface);
  if (sface === 'uncalibrated' && config.profile === 'sface') {
    notice(new UncalibratedFaceModelError(versions.current).message);
  }

  await finishRestoreOf(config, clock());
  const keyring = openKeyringOf(config);
  const stores = await openStores({
    dataDir: config.dataDir,
    keys: keyring,
    clock,
    indexMemoryBytes: config.indexMemoryBytes,
  });
  const closers: (() => Promise<unknown>)[] = [() => stores.close()];
  try {
    const told = new Set<string>();
    const tellDamaged = (): void => {
      for (const { collectionId, reason } of stores.damagedCollections()) {
        if (!told.has(collectionId)) notice(`the collection ${collectionId} is quarantined: ${reason}`);
        told.add(collectionId);
      }
    };
    tellDamaged();
    void stores.verified().then(tellDamaged);
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
                packs: packVersions,
                detector: config.faceDetector,
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
    const probeHash = (bytes: Uint8Array): string => keyring.mac('probes', imageDigest(bytes)).toString('hex');
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
    const celebrities = await openCelebrities({
      config,
      stores,
      keyring,
      minors: accountability.review.minors,
      retention,
      clock,
      ids: randomUUID,
      notice,
    });
    retention.register(withholding.pending.erasureSource, celebrities.book.erasureSource);
    closers.push(await accountability.start());
    // A restored backup may have brought back who opted out; they are told to nobody, and erased now.
    closers.push(startSweep(celebrities, 'the gallery of public figures', notice));
    closers.push(startSweep(withholding, 'review cases', notice));
    const transfers = openTransfers({
      documents: stores.documents,
      collections: stores.collections,
      signer: keyring.signer,
      policy,
      people,
      dualControl,
      consents: accountability.consents,
      minors: accountability.review.minors,
      cannotLinks: accountability.review.cannotLinks,
      dimensionsOf: (modelVersion) => versions.calibration(modelVersion).dimensions,
      software: `likeness ${packageVersion()}`,
      clock,
      ids: randomUUID,
    });
    closers.push(startSweep({ sweep: () => sweepTransfers(transfers) }, 'exports and imports', notice));
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
        ...(config.celebrityCollection !== undefined && { celebrityCollection: config.celebrityCollection }),
        grantMs: config.requestTimeoutMs + grantSlackMs,
      },
      consent: accountability.ledger,
      findCollection: (id, options) => stores.collections.findCollection(id, options),
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
        textReader: createTextReader(vision, config.workers),
        visualSimilarity: { version: await visualFeatureVersion(startedPacks), reader: vision, similarityOf },
        imageMemories: createImageMemories({ maxBytes: imageMemoryBytes, idleMs: imageMemoryMs, clock }),
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
        celebrities,
        transfers,
        userMaxFaces: limits.facesPerUser,
        accountability: accountability.capabilities,
        consent: accountability,
        retention: retention.guards,
        modelCatalog: createModelCatalog({
          models,
          packs,
          packsInUse: packVersions,
          faceModels: versions,
          packCalibrations: typeof sface === 'object' ? [sface] : [],
          packageVersion: packageVersion(),
        }),
        labelCatalog: createLabelCatalog({ models, packs: startedPacks }),
        clock,
      }),
    });
    return {
      config,
      policy,
      dispatch,
      findKey: (accessKeyId) => stores.keys.find(accessKeyId),
      health: () => {
        const { workers, busy, waiting, replaced } = vision.stats();
        const quarantinedCollections = stores.damagedCollections().length;
        return { workers, busy, waiting, replaced, quarantinedCollections, indexBytes: stores.indexMemoryBytes() };
      },
      ready: () => vision.ready(),
      warnings: async () => {
        const problem = await celebrities.problem();
        return problem === undefined ? [] : [problem];
      },
      stores,
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
