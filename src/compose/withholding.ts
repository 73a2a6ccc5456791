import {
  associateByName,
  type CallSheets,
  type ConsentLedger,
  createPendingFaces,
  createProbeSheet,
  enrolDecided,
  type FaceMatcher,
  type FaceSearch,
  type FaceWriter,
  type Grant,
  type GrantNotes,
  keepCrops,
  needsReceipt,
  noteEmbedded,
  noteStoredProbes,
  type PendingFaces,
  type Policy,
  pendEnrolments,
  type Reembedder,
  type ReviewRoom,
  reviewedReembedder,
  type SubjectLocks,
  type UserWriter,
  type WithholdingParts,
  withholdMatcher,
  withholdSearch,
} from '../governance/index.ts';
import type { Stores } from '../stores/index.ts';
import type { CollectionRecord } from '../stores/ports/index.ts';
import type { FaceCropper, FaceEmbedder, FaceModels, FaceTemplate } from '../vision/index.ts';

/** What withholding is wired from. */
export interface WithholdingSources {
  readonly review: ReviewRoom;
  readonly consent: { readonly ledger: ConsentLedger; readonly locks: SubjectLocks };
  readonly policy: Policy;
  readonly stores: Stores;
  readonly cropper: FaceCropper;
  readonly faceModels: FaceModels;
  readonly probeHash: (bytes: Uint8Array) => string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The wrappers of one call, which share what its templates show. */
export interface CallWithholding {
  embedder(embedder: FaceEmbedder): FaceEmbedder;
  search(search: FaceSearch, collection: CollectionRecord): FaceSearch;
  matcher(matcher: FaceMatcher): FaceMatcher;
  faceWriter(writer: FaceWriter, collection: CollectionRecord): FaceWriter;
  userWriter(writer: UserWriter, collection: CollectionRecord): UserWriter;
  reembedder(reembedder: Reembedder): Reembedder;
}

/** Withholding, wired: what is put around capabilities, and what becomes of collections that are deleted. */
export interface Withholding {
  forCall(grant: Grant, notes: GrantNotes): CallWithholding;
  readonly pending: PendingFaces;
  /** Forgets cases, crops and waiting faces of a collection that was deleted. */
  forgetCollection(collectionId: string): Promise<void>;
  /** Forgets waiting faces whose case or collection is no more. */
  sweep(): Promise<void>;
}

/** Wires withholding, and says what becomes of an enrolment that reviewers have decided. */
export function openWithholding(sources: WithholdingSources): Withholding {
  const { review, consent, policy, stores, cropper, faceModels, probeHash, clock } = sources;
  const { collections } = stores;
  const pending = createPendingFaces(stores.documents);
  const parts: WithholdingParts & { readonly pending: PendingFaces; readonly clock: () => number } = {
    desk: review.desk,
    crops: review.crops,
    cannotLinks: review.cannotLinks,
    minors: review.minors,
    cropper,
    collections,
    similarityOf: (modelVersion, one, other) => faceModels.calibration(modelVersion).similarityOf(dot(one, other)),
    probeHash,
    pending,
    clock,
  };
  const isStanding = async (face: { collectionId: string; collectionCreatedAtMs: number }): Promise<boolean> =>
    (await collections.findCollection(face.collectionId))?.createdAtMs === face.collectionCreatedAtMs;

  review.desk.onDecided(
    'enrolment',
    enrolDecided({
      pending,
      collections,
      crops: review.crops,
      minors: review.minors,
      locks: consent.locks,
      async mayEnrol({ purpose, collectionId, subject }) {
        const row = Object.values(policy.purposes).find(({ name }) => name === purpose);
        if (row === undefined) return false;
        if (!needsReceipt(row)) return true;
        return (await consent.ledger.activeReceipt({ purpose: row.name, collectionId, subject })) !== undefined;
      },
    }),
  );

  return {
    pending,
    forCall(grant, notes) {
      const sheets: CallSheets = { notes, probes: createProbeSheet() };
      return {
        embedder: (embedder) => noteEmbedded(embedder, sheets.probes),
        search: (search, collection) =>
          withholdSearch(noteStoredProbes(search, sheets.probes), grant, collection, parts, sheets),
        matcher: (matcher) => withholdMatcher(matcher, grant, parts, sheets),
        faceWriter: (writer, collection) =>
          pendEnrolments(keepCrops(writer, grant, collection, parts, sheets), grant, collection, parts, sheets),
        userWriter: (writer, collection) => associateByName(writer, grant, collection, parts),
        reembedder: (reembedder) => reviewedReembedder(reembedder, parts),
      };
    },
    async forgetCollection(collectionId) {
      await review.forgetCollection(collectionId);
      await pending.sweep(isStanding);
    },
    sweep: () => pending.sweep(isStanding),
  };
}

function dot(one: FaceTemplate, other: FaceTemplate): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += (one[i] as number) * (other[i] as number);
  return sum;
}
