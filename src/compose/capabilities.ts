import { ServiceError } from '../contract/index.ts';
import {
  type Capabilities,
  type CapabilityName,
  type CollectionReader,
  celebrityDeskOf,
  celebrityOptOutsOf,
  celebrityReaderOf,
  celebritySearchOf,
  collectionExporterOf,
  collectionImporterOf,
  consentedExport,
  consentedFaceWriter,
  consentedImport,
  consentedReembedder,
  consentedUserWriter,
  countEquipment,
  countFaceWrites,
  countModeration,
  countReembedding,
  countText,
  dualControlOf,
  type Enrolment,
  type EnrolmentParts,
  exportSourceOf,
  type FaceSearch,
  type FaceWriter,
  floorMatcher,
  floorSearch,
  floorUserWriter,
  type Grant,
  type GrantNotes,
  hideOptedOut,
  type Idempotency,
  type ImageMemories,
  type ImageReader,
  importTargetOf,
  noteChangedUsers,
  noteFoundSubjects,
  noteProbes,
  noteStoredSubjects,
  type PageTokens,
  type Policy,
  type PseudonymOf,
  type PurposeRow,
  type Reembedder,
  type RetentionGuards,
  rememberVisualFeatures,
  type TransferCall,
  type TransferParts,
  tellCelebrities,
  type UserWriter,
  type WatchParts,
  watchMatcher,
  watchSearch,
  withholdFromDetector,
  withholdFromEmbedder,
  withholdFromLabels,
} from '../governance/index.ts';
import type { CollectionRecord, CollectionStore } from '../stores/ports/index.ts';
import type {
  EquipmentDetector,
  FaceDetector,
  FaceEmbedder,
  FaceModels,
  LabelDetector,
  ModerationDetector,
  TextReader,
} from '../vision/index.ts';
import type { Accountability } from './accountability.ts';
import type { Celebrities } from './celebrities.ts';
import { subjectLikeness } from './consents.ts';
import { inServiceTerms } from './service-terms.ts';
import type { CallWithholding, Withholding } from './withholding.ts';

/** What capabilities are built over. */
export interface CapabilityParts {
  readonly images: ImageReader;
  readonly vision: FaceDetector & FaceEmbedder & LabelDetector & ModerationDetector & EquipmentDetector;
  readonly textReader: TextReader;
  readonly visualSimilarity: Parameters<typeof rememberVisualFeatures>[0];
  readonly imageMemories: ImageMemories;
  readonly faceModels: FaceModels;
  /** How the probes of a grant are watched. */
  readonly watchOf: (grant: Grant, modelVersion: string) => WatchParts;
  readonly collections: CollectionStore;
  readonly pageTokens: PageTokens;
  readonly idempotencyFor: (grant: Grant) => Idempotency;
  readonly account: Capabilities['account'];
  readonly policyInForce: Capabilities['policyInForce'];
  readonly auditReader: Capabilities['auditReader'];
  readonly auditExporter: Capabilities['auditExporter'];
  readonly publicKey: Capabilities['publicKey'];
  /** A keyed hash, in hex, that recognises a probe image without telling it. */
  readonly probeHash: (bytes: Uint8Array) => string;
  readonly modelCatalog: Capabilities['modelCatalog'];
  readonly labelCatalog: Capabilities['labelCatalog'];
  readonly accountability: Accountability['capabilities'];
  readonly consent: Pick<Accountability, 'ledger' | 'locks'>;
  readonly withholding: Pick<Withholding, 'forCall' | 'forgetCollection'>;
  readonly celebrities: Celebrities;
  /** Moves collections as files. */
  readonly transfers: TransferParts;
  /** Faces that a user may hold. */
  readonly userMaxFaces: number;
  /** Holds operations on collections to retention: holds, uses, tombstones. */
  readonly retention: RetentionGuards;
  readonly clock: () => number;
}

/** How each capability is built from a grant. */
export type CapabilityBuilders = {
  readonly [Name in CapabilityName]: (
    grant: Grant,
    notes: GrantNotes,
    collection: CollectionRecord | undefined,
    withheld: CallWithholding,
  ) => Capabilities[Name];
};

/** Builds, from a grant, just the capabilities that an operation needs, each held to what the grant allows. */
export type CapabilitiesFor = (
  grant: Grant,
  needs: readonly CapabilityName[],
  notes: GrantNotes,
  collection: CollectionRecord | undefined,
) => Partial<Capabilities>;

/**
 * The collection that the gate judged, with the store for it alone: one that is made under its name meanwhile is
 * another, perhaps of another purpose, and what was sent for this one must not reach it.
 */
interface Judged {
  readonly record: CollectionRecord;
  readonly store: CollectionStore;
}

/** Builds capabilities over the parts of a running server. */
export function createCapabilities(parts: CapabilityParts): CapabilitiesFor {
  const { collections: all, faceModels, vision } = parts;

  /** Reading the record again would cost every search two more reads. */
  const judged = (grant: Grant, collection: CollectionRecord | undefined): Judged => {
    if (grant.scope.kind !== 'collection' || collection?.id !== grant.scope.collectionId) {
      throw new Error(`${grant.operation} was granted no collection that stands`);
    }
    return { record: collection, store: all.only(collection) };
  };

  const reader = ({ record, store }: Judged): CollectionReader => ({
    record,
    findFaces: (faceIds) => store.findFaces(record.id, faceIds),
    listFaces: (page) => store.listFaces(record.id, page),
    findUser: (userId) => store.findUser(record.id, userId),
    listUsers: (page) => store.listUsers(record.id, page),
    tags: () => store.tags(record.id),
  });

  const faceWriter = ({ record, store }: Judged): FaceWriter =>
    parts.retention.faceWriter({
      record,
      addFaces: (image) => store.addFaces(record.id, image),
      deleteFaces: (faceIds) => store.deleteFaces(record.id, faceIds),
    });

  const search = ({ record, store }: Judged): FaceSearch => {
    // Nearest to the store, so that nothing around it, a review case neither, learns of whom it hides.
    const calibration = faceModels.calibration(record.modelVersion);
    const calibrated = <Hit extends { readonly score: number }>(hits: readonly Hit[]) =>
      hits.map((hit) => ({ ...hit, similarity: calibration.similarityOf(hit.score) }));
    const searching: FaceSearch = {
      searchFaces: async (probe, { threshold, ...rest }, signal) =>
        calibrated(
          await store.searchFaces(record.id, probe, {
            ...rest,
            minScore: calibration.scoreOf(threshold),
            signal,
          }),
        ),
      searchUsers: async (probe, { threshold, ...rest }, signal) =>
        calibrated(
          await store.searchUsers(record.id, probe, {
            ...rest,
            minScore: calibration.scoreOf(threshold),
            signal,
          }),
        ),
      faceProbe: (faceId) => store.faceTemplate(record.id, faceId),
      userProbe: (userId) => store.userTemplate(record.id, userId),
    };
    // Withholding looks at more than it answers, which is no use of a face.
    return parts.retention.search(searching, record, false);
  };

  const userWriter = ({ record, store }: Judged): UserWriter => {
    return parts.retention.userWriter({
      record,
      createUser: (userId) => store.createUser(record.id, userId),
      findUser: (userId) => store.findUser(record.id, userId),
      deleteUser: (userId) => store.deleteUser(record.id, userId),
      findFaces: (faceIds) => store.findFaces(record.id, faceIds),
      associateFaces: (userId, change) => store.associateFaces(record.id, userId, change),
      disassociateFaces: (userId, change) => store.disassociateFaces(record.id, userId, change),
      matchWithUser: async (userId, faceId, threshold) => {
        const [user, face] = await Promise.all([
          store.userTemplate(record.id, userId),
          store.faceTemplate(record.id, faceId),
        ]);
        if (user === undefined || face === undefined) return { matches: face !== undefined };
        // Asked for here, so that faces and users can be told and deleted where the model is no more.
        const similarity = faceModels.calibration(record.modelVersion).similarityOf(dotProduct(user, face));
        return { matches: similarity >= threshold, similarity };
      },
    });
  };

  const reembedder = ({ record, store }: Judged): Reembedder => ({
    record,
    begin: (modelVersion) =>
      store.beginStaging(record.id, {
        modelVersion,
        dimensions: faceModels.calibration(modelVersion).dimensions,
        startedAtMs: parts.clock(),
      }),
    find: () => store.findStaging(record.id),
    pending: (page) => store.listUnstagedFaces(record.id, page),
    admit: async (faces) => ({ admitted: faces, refused: [] }),
    stage: async (modelVersion, faces) => {
      const templates = faces.map(({ face, template }) => ({ faceId: face.faceId, template }));
      return { staged: await store.stageTemplates(record.id, modelVersion, templates), refused: [] };
    },
    finish: (modelVersion, dropFaceIds) => store.switchModel(record.id, { modelVersion, dropFaceIds }),
    cancel: () => store.dropStaging(record.id),
  });

  const catalog = (grant: Grant, collection: CollectionRecord | undefined): Capabilities['collectionCatalog'] => ({
    create: ({ id, tags }) => {
      if (grant.scope.kind !== 'collection' || grant.scope.collectionId !== id) {
        throw new Error('the grant is for another collection');
      }
      const modelVersion = faceModels.current;
      return all.createCollection({
        id,
        purpose: grant.purpose,
        modelVersion,
        dimensions: faceModels.calibration(modelVersion).dimensions,
        tags,
        createdAtMs: parts.clock(),
      });
    },
    list: async ({ afterId, limit }) => {
      if (grant.scope.kind !== 'account') throw new Error('the grant does not span collections');
      const visible = grant.scope.collections;
      if (visible === '*') return all.listCollections({ limit, ...(afterId !== undefined && { afterId }) });
      const ids = [...visible].filter((id) => afterId === undefined || id > afterId).sort();
      const found = await Promise.all(ids.map((id) => all.findCollection(id)));
      return found.filter((record) => record !== undefined).slice(0, limit);
    },
    count: () => all.countCollections(),
    delete: async () => {
      const { record, store } = judged(grant, collection);
      const deleted = await parts.retention.deleteCollection(record, () => store.deleteCollection(record.id));
      // Also where there was none any more: what an interrupted deletion left behind goes with the next.
      await parts.withholding.forgetCollection(record.id);
      await parts.celebrities.book.forgetCollection(record.id);
      return deleted;
    },
  });

  const pseudonyms =
    ({ record, store }: Judged): PseudonymOf =>
    (subject) =>
      store.subjectPseudonym(record.id, subject);

  /** What the gallery's own operations add to this is innermost, so that nothing around it counts whom it leaves out. */
  const heldSearch = (
    grant: Grant,
    notes: GrantNotes,
    at: Judged,
    withheld: CallWithholding,
    narrowed: (search: FaceSearch) => FaceSearch,
  ): FaceSearch => {
    const { record } = at;
    const watched = parts.watchOf(grant, record.modelVersion);
    const released = parts.retention.search(narrowed(withheld.search(search(at), record)), record);
    const told = noteFoundSubjects(floorSearch(released, grant, notes), notes, pseudonyms(at));
    return watchSearch(told, grant, notes, watched);
  };

  /** The gallery where the gate judged that it stands. */
  const galleryOf = (grant: Grant, collection: CollectionRecord | undefined): Judged | undefined => {
    if (collection === undefined) return undefined;
    const at = judged(grant, collection);
    if (!parts.celebrities.isGallery(at.record)) throw new Error(`${grant.operation} was granted no gallery`);
    return at;
  };

  const enrolment = (record: CollectionRecord): EnrolmentParts => ({
    ...parts.consent,
    record,
    purpose: purposeOfRecord(parts.policyInForce.policy, record),
    likeness: subjectLikeness({ collections: all, faceModels }, record),
  });

  const transferCall = (grant: Grant, notes: GrantNotes, at: Judged): TransferCall => ({
    grant,
    notes,
    control: dualControlOf(parts.transfers.dualControl, grant.person, notes),
    pseudonymOf: pseudonyms(at),
    isGallery: parts.celebrities.isGallery(at.record),
  });

  const builders: CapabilityBuilders = {
    ...parts.accountability,
    images: (grant, notes) => noteProbes(parts.images, grant, notes, parts.probeHash),
    faceDetector: (grant, notes) => withholdFromDetector(vision, grant, notes),
    faceEmbedder: (grant, notes, _collection, withheld) =>
      withheld.embedder(withholdFromEmbedder(vision, grant, notes)),
    labelDetector: (grant, notes) => withholdFromLabels(vision, grant, notes),
    faceMatcher: (grant, notes, _collection, withheld) => {
      const modelVersion = faceModels.current;
      const calibration = faceModels.calibration(modelVersion);
      const matcher = floorMatcher(
        withheld.matcher({
          modelVersion,
          match: async (source, targets, threshold) =>
            targets.map((target) => {
              const similarity = calibration.similarityOf(dotProduct(source, target));
              return similarity >= threshold ? similarity : undefined;
            }),
        }),
        grant,
        notes,
      );
      return watchMatcher(matcher, grant, notes, parts.watchOf(grant, modelVersion));
    },
    faceSearch: (grant, notes, collection, withheld) => {
      const at = judged(grant, collection);
      const { book, optOuts, isGallery } = parts.celebrities;
      return heldSearch(grant, notes, at, withheld, (inner) =>
        isGallery(at.record) ? hideOptedOut(inner, at.record, { book, optOuts }) : inner,
      );
    },
    celebritySearch: (grant, notes, collection, withheld) => {
      const at = galleryOf(grant, collection);
      const { book } = parts.celebrities;
      if (at === undefined) return celebritySearchOf(undefined, { book }, grant);
      const told = heldSearch(grant, notes, at, withheld, (inner) => tellCelebrities(inner, at.record, book));
      return celebritySearchOf({ search: told, gallery: at.record }, { book }, grant);
    },
    celebrityReader: (grant, _notes, collection) =>
      celebrityReaderOf(parts.celebrities.book, galleryOf(grant, collection)?.record),
    celebrityDesk: (grant, notes, collection, withheld) => {
      const at = judged(grant, galleryOf(grant, collection)?.record);
      const { record, store } = at;
      const calibration = faceModels.calibration(record.modelVersion);
      return celebrityDeskOf(parts.celebrities, grant, notes, {
        gallery: record,
        // It is asked whether somebody is alike and tells nobody, so nothing is noted as told.
        search: withheld.search(search(at), record),
        ownSimilarity: async (celebrityId, template) => {
          const score = await store.scoreAgainstSubject(record.id, celebrityId, template);
          return score === undefined ? undefined : calibration.similarityOf(score);
        },
        pseudonymOf: pseudonyms(at),
      });
    },
    celebrityOptOuts: (grant, notes, collection) =>
      celebrityOptOutsOf(parts.celebrities, grant, notes, galleryOf(grant, collection)?.record),
    collectionReader: (grant, _notes, collection) => reader(judged(grant, collection)),
    collectionCatalog: (grant, _notes, collection) => catalog(grant, collection),
    faceWriter: (grant, notes, collection, withheld) => {
      const at = judged(grant, collection);
      const { record, store } = at;
      const writer = countFaceWrites(withheld.faceWriter(faceWriter(at), record), notes);
      const pending = { offer: (_subject: string, image: Enrolment) => writer.addFaces(image) };
      return noteStoredSubjects(consentedFaceWriter(writer, { ...enrolment(record), pending }), notes, {
        pseudonymOf: pseudonyms(at),
        findFaces: (faceIds) => store.findFaces(record.id, faceIds),
      });
    },
    userWriter: (grant, notes, collection, withheld) => {
      const at = judged(grant, collection);
      const { record } = at;
      const writer = consentedUserWriter(userWriter(at), enrolment(record));
      const floored = floorUserWriter(withheld.userWriter(writer, record), grant, notes);
      return noteChangedUsers(floored, notes, pseudonyms(at));
    },
    moderationDetector: (_grant, notes) => countModeration(vision, notes),
    textReader: (_grant, notes) => countText(parts.textReader, notes),
    reembedder: (grant, notes, collection, withheld) => {
      const at = judged(grant, collection);
      const guarded = withheld.reembedder(parts.retention.reembedder(reembedder(at)));
      return countReembedding(consentedReembedder(guarded, enrolment(at.record)), notes);
    },
    collectionExporter: (grant, notes, collection) => {
      const at = judged(grant, collection);
      const source = parts.retention.exporting(exportSourceOf(at.store, at.record));
      const consented = consentedExport(source, enrolment(at.record));
      return collectionExporterOf(parts.transfers, consented, transferCall(grant, notes, at));
    },
    collectionImporter: (grant, notes, collection) => {
      const at = judged(grant, collection);
      const { record, store } = at;
      const limits = { collectionFaces: parts.account.collectionMaxFaces, userFaces: parts.userMaxFaces };
      const target = parts.retention.importing(importTargetOf(store, record, limits));
      const consented = consentedImport(target, enrolment(record));
      return collectionImporterOf(parts.transfers, consented, transferCall(grant, notes, at), {
        erasedSince: (subject, sinceMs) => parts.retention.erasedSince(record, subject, sinceMs),
      });
    },
    equipmentDetector: (_grant, notes) => countEquipment(vision, notes),
    visualSimilarity: (grant, notes) =>
      rememberVisualFeatures(parts.visualSimilarity, notes, parts.imageMemories.forGrant(grant)),
    imageMemory: (grant) => parts.imageMemories.forGrant(grant),
    errorTerms: () => ({ say: (error) => (error instanceof ServiceError ? error : inServiceTerms(error, undefined)) }),
    tagWriter: (grant, _notes, collection) => {
      const { record, store } = judged(grant, collection);
      return {
        tags: () => store.tags(record.id),
        putTags: (tags, limit) => store.putTags(record.id, tags, limit),
        removeTags: (keys) => store.removeTags(record.id, keys),
      };
    },
    pageTokens: () => parts.pageTokens,
    idempotency: (grant) => parts.idempotencyFor(grant),
    account: () => parts.account,
    policyInForce: () => parts.policyInForce,
    auditReader: () => parts.auditReader,
    auditExporter: () => parts.auditExporter,
    publicKey: () => parts.publicKey,
    modelCatalog: () => parts.modelCatalog,
    labelCatalog: () => parts.labelCatalog,
  };

  return (grant, needs, notes, collection) => {
    const withheld = parts.withholding.forCall(grant, notes);
    return Object.fromEntries(
      needs.map((name) => [name, builders[name](grant, notes, collection, withheld)]),
    ) as Partial<Capabilities>;
  };
}

function purposeOfRecord(policy: Policy, record: CollectionRecord): PurposeRow {
  const row = Object.values(policy.purposes).find(({ name }) => name === record.purpose);
  if (row === undefined) throw new Error(`the collection ${record.id} has no purpose of the policy`);
  return row;
}

function dotProduct(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new RangeError(`templates of ${a.length} and ${b.length} dimensions`);
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
