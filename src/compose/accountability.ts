import { randomInt } from 'node:crypto';
import type { Config } from '../config/index.ts';
import {
  type ConsentBook,
  type ConsentLedger,
  cannotLinksOf,
  consentDesk,
  contestDeskOf,
  contestSource,
  createAuditReader,
  createConsentBook,
  createContests,
  createSubjectLocks,
  type DualControl,
  dualControlOf,
  keyDeskOf,
  minorsOf,
  openReview,
  type People,
  type Policy,
  type PurposeName,
  peopleDeskOf,
  proposalsSource,
  type ReviewRoom,
  receiptSource,
  registerKeyActions,
  registerPeopleActions,
  reviewCallerOf,
  reviewDeskOf,
  type SubjectFileParts,
  type SubjectLocks,
  subjectFileOf,
} from '../governance/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { packageVersion } from '../shared/package-root.ts';
import type { Stores } from '../stores/index.ts';
import type { FaceModels } from '../vision/index.ts';
import { makeKey } from './access-keys.ts';
import type { CapabilityBuilders } from './capabilities.ts';
import { masterKeyDeskOf } from './master-key.ts';
import { createReportSigner } from './report-signer.ts';
import type { Retention } from './retention.ts';
import { startSweep } from './sweep.ts';
import { createTransparencyReporter } from './transparency.ts';

/** What the rooms of accountability stand on. */
export interface AccountabilityParts {
  readonly config: Config;
  readonly policy: Policy;
  readonly stores: Stores;
  readonly keyring: Keyring;
  readonly faceModels: FaceModels;
  readonly people: People;
  /** Rooms register here how their actions of two persons run. */
  readonly dualControl: DualControl;
  /** Erases, sweeps and backs up; rooms register what they keep of people. */
  readonly retention: Retention;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A fresh id. */
  readonly ids: () => string;
  /** Told what an operator should know. */
  readonly notice: (notice: string) => void;
}

/** The capabilities that the rooms of accountability give to their operations. */
export type AccountabilityCapability =
  | 'cannotLinks'
  | 'consents'
  | 'minors'
  | 'reviewDesk'
  | 'dualControl'
  | 'keyDesk'
  | 'masterKeyDesk'
  | 'peopleDesk'
  | 'contestDesk'
  | 'backups'
  | 'reportSigner'
  | 'retention'
  | 'subjectFile'
  | 'transparency';

/** The rooms of accountability, wired: what the gate asks, what operations are given, what runs by itself. */
export interface Accountability {
  /** Knows who consented. */
  readonly ledger: ConsentLedger;
  /** Held by whatever changes a subject: enrolling, withdrawing, erasing. */
  readonly locks: SubjectLocks;
  readonly capabilities: Pick<CapabilityBuilders, AccountabilityCapability>;
  /** The purpose of the receipt that a token belongs to. */
  purposeOfToken(token: string): Promise<PurposeName | undefined>;
  /** Cases, crops, cannot-links and minors: for the wrappers around search, comparison and enrolment. */
  readonly review: ReviewRoom;
  /** The book of consents, for what moves collections. */
  readonly consents: ConsentBook;
  /** Starts what runs by itself: sweeps, checkpoints. @returns stops it */
  start(): Promise<() => Promise<void>>;
}

/** Wires the rooms of accountability; each room has one line for each place where it is asked. */
export function openAccountability(parts: AccountabilityParts): Accountability {
  const { clock, config, dualControl, faceModels, keyring, people, policy, retention } = parts;
  const keyParts = { keys: parts.stores.keys, people, policy, makeKey, clock };
  registerPeopleActions(dualControl, keyParts);
  registerKeyActions(dualControl, keyParts);
  const reportSigner = createReportSigner({
    signer: keyring.signer,
    policy,
    software: `likeness ${packageVersion()}`,
    faceModelVersion: faceModels.current,
    clock,
  });
  const masterKeyDesk = masterKeyDeskOf(config, keyring);
  const locks = createSubjectLocks();
  const consents = createConsentBook({
    documents: parts.stores.documents,
    policy,
    signer: keyring.signer,
    tokenMac: (token) => keyring.mac('tokens', token).toString('hex'),
    eraser: parts.retention.eraser,
    locks,
    markMinor: (mark) => review.minors.mark(mark),
    controller: parts.config.controller,
    clock,
    ids: parts.ids,
  });
  const transparency = createTransparencyReporter({
    audit: createAuditReader(parts.stores.audit),
    policy,
    signer: keyring.signer,
    clock,
  });
  const review = openReview({
    documents: parts.stores.documents,
    collections: parts.stores.collections,
    clock,
    ids: parts.ids,
    random: () => randomInt(2 ** 32) / 2 ** 32,
    seedShare: config.review.seedShare,
    waitMs: (purpose) => reviewWaitMs(config, policy, purpose),
    notice: parts.notice,
  });
  const contests = createContests({ documents: parts.stores.documents, clock, ids: parts.ids });
  const subjectFiles: SubjectFileParts = {
    policy,
    consents,
    contests,
    collections: parts.stores.collections,
    sources: review.erasureSources,
    cropOf: (collectionId, faceId) => review.crops.of(collectionId, faceId),
    certificateOf: async (certificateId) =>
      (await parts.stores.documents.read((view) => view.get('erasure', certificateId)))?.body,
    audit: createAuditReader(parts.stores.audit),
  };
  retention.register(
    proposalsSource(parts.stores.documents),
    receiptSource({ documents: parts.stores.documents, signer: keyring.signer, clock }),
    contestSource(parts.stores.documents),
    ...review.erasureSources,
  );
  return {
    review,
    consents,
    purposeOfToken: async (token) => (await consents.findByToken(token))?.kept.purpose,
    ledger: consents,
    locks,
    capabilities: {
      consents: (grant, notes) => consentDesk({ book: consents, policy, clock }, grant, notes),
      dualControl: (grant, notes) => dualControlOf(dualControl, grant.person, notes),
      keyDesk: (grant, notes) => keyDeskOf(keyParts, dualControlOf(dualControl, grant.person, notes), grant),
      peopleDesk: (grant, notes) => peopleDeskOf(people, dualControlOf(dualControl, grant.person, notes), grant),
      cannotLinks: (grant, _notes, collection) => {
        if (collection === undefined) throw new Error(`${grant.operation} was granted no collection that stands`);
        return cannotLinksOf(review, grant, collection, clock);
      },
      minors: (grant) => minorsOf(review, grant, clock),
      reviewDesk: (grant, notes) =>
        reviewDeskOf(review, async () => reviewCallerOf(grant, await people.rolesOf(grant.person)), notes),
      masterKeyDesk: () => masterKeyDesk,
      backups: (grant) => retention.backups(grant),
      retention: (grant, notes) => retention.desk(grant, notes),
      reportSigner: () => reportSigner,
      subjectFile: (_grant, notes) => subjectFileOf(subjectFiles, notes),
      contestDesk: (grant) => contestDeskOf(contests, grant),
      transparency: () => transparency,
    },
    start: async () => {
      const stopRetention = await retention.start({ consents });
      const stopReview = startSweep(review.desk, 'review cases', parts.notice);
      return async () => {
        await stopReview();
        await stopRetention();
      };
    },
  };
}

const dayMs = 86_400_000;

/** A case waits as long as the operator says, and never longer than its purpose keeps anything. */
function reviewWaitMs(config: Config, policy: Policy, purpose: string): number {
  const row = Object.values(policy.purposes).find(({ name }) => name === purpose);
  return Math.min(config.review.caseDays, row?.retention.maxDays ?? config.review.caseDays) * dayMs;
}
