import { type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { CollectionStore, DocumentStore } from '../../stores/ports/index.ts';
import type { GrantNotes } from '../notes.ts';
import type { Policy, PurposeName } from '../policy/index.ts';
import { declaredPurpose } from '../policy/index.ts';
import type { KeptErasure, TargetEraser } from './eraser.ts';
import type { ErasureCertificate } from './eraser-port.ts';
import type { HoldScope, LegalHold, LegalHolds } from './legal-holds.ts';
import type { OrphanScan } from './orphan-scan.ts';
import type { RetentionClock } from './retention-clock.ts';
import { endOfCollection, type RetentionSweeper } from './sweeper.ts';

/** What the operations on retention and erasure are given, in the caller's name. */
export interface RetentionDesk {
  /** @throws {ServiceError} InvalidParameterException, ResourceNotFoundException */
  erase(request: {
    readonly subject?: string | undefined;
    readonly purpose?: string | undefined;
    readonly collectionId?: string | undefined;
    readonly faceId?: string | undefined;
  }): Promise<ErasureCertificate>;
  /** @throws {ServiceError} ResourceNotFoundException */
  certificate(certificateId: string): Promise<OwnResponseOf<'GetErasureCertificate'>>;
  erasures(page: Page): Promise<OwnResponseOf<'ListErasures'>>;
  /** Checks what would be held, before it is proposed. @throws {ServiceError} */
  holdScope(request: {
    readonly subject?: string | undefined;
    readonly purpose?: string | undefined;
    readonly collectionId?: string | undefined;
  }): Promise<HoldScope>;
  /** @throws {ServiceError} ResourceNotFoundException when it is not in force */
  requireHold(holdId: string): void;
  holds(page: Page): Promise<OwnResponseOf<'ListLegalHolds'>>;
  status(page: Page): Promise<OwnResponseOf<'ListRetention'>>;
  sweep(acceptClock: boolean, signal: AbortSignal): Promise<OwnResponseOf<'RunRetentionSweep'>>;
  scan(signal: AbortSignal): Promise<OrphanScan>;
}

/** A page of a listing. */
export interface Page {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** What the desk stands on. */
export interface RetentionDeskParts {
  readonly documents: DocumentStore;
  readonly collections: Pick<CollectionStore, 'findCollection' | 'listCollections' | 'findFaces' | 'facesDue' | 'tags'>;
  readonly policy: Policy;
  readonly eraser: TargetEraser;
  /** Erases a subject with its consents, while no one enrols it. */
  readonly eraseWithConsents: (
    subject: string,
    purpose: PurposeName | undefined,
    by: string,
  ) => Promise<ErasureCertificate>;
  readonly holds: LegalHolds;
  readonly sweeper: RetentionSweeper;
  readonly clock: Pick<RetentionClock, 'observe'>;
  readonly scan: (signal: AbortSignal) => Promise<OrphanScan>;
  readonly endsTag: string;
}

const defaultLimit = 100;
const dayMs = 86_400_000;
const soonDays = 30;
const mostDue = 1_000;

/** The desk for one grant. */
export function retentionDeskOf(parts: RetentionDeskParts, person: string, notes: GrantNotes): RetentionDesk {
  const { documents, collections, policy, holds } = parts;

  const purposeNamed = (purpose: string | undefined): PurposeName | undefined => {
    if (purpose === undefined) return undefined;
    const declared = declaredPurpose(policy, purpose);
    if (declared.kind === 'ok') return declared.purpose;
    throw new ServiceError('InvalidParameterException', `The purpose '${purpose}' is not known.`);
  };
  const noted = (certificate: ErasureCertificate): ErasureCertificate => {
    if (certificate.suspendedBy === undefined) {
      notes.count('subjectsErased', 1);
      notes.count('facesDeleted', (certificate.counts.faces?.before ?? 0) - (certificate.counts.faces?.after ?? 0));
    }
    return certificate;
  };

  return {
    async erase({ subject, purpose, collectionId, faceId }) {
      if (subject !== undefined && collectionId === undefined && faceId === undefined) {
        return noted(await parts.eraseWithConsents(subject, purposeNamed(purpose), person));
      }
      if (subject !== undefined || purpose !== undefined || collectionId === undefined || faceId === undefined) {
        throw new ServiceError(
          'InvalidParameterException',
          'Name a subject, with or without a purpose; or, of a face that bears no name, collectionId and faceId.',
        );
      }
      await requireCollection(collectionId);
      const [face] = await collections.findFaces(collectionId, [faceId]);
      if (face === undefined) {
        throw new ServiceError('ResourceNotFoundException', `There is no face ${faceId} in ${collectionId}.`);
      }
      const target = { kind: 'face', collectionId, faceId } as const;
      return noted(await parts.eraser.erase({ target, reason: 'erasure-request', requestedBy: person }));
    },
    async certificate(certificateId) {
      const kept = (await documents.read((view) => view.get('erasure', certificateId)))?.body as
        | KeptErasure
        | undefined;
      if (kept === undefined) {
        throw new ServiceError('ResourceNotFoundException', `There is no erasure ${certificateId}.`);
      }
      return { state: kept.state, ...(kept.state !== 'begun' && { certificate: kept.certificate }) };
    },
    async erasures({ after, limit = defaultLimit }) {
      const found = await documents.read((view) =>
        view.list('erasure', { ...(after !== undefined && { afterId: after }), limit: limit + 1 }),
      );
      const erasures = found.slice(0, limit).map(({ body }) => {
        const kept = body as KeptErasure;
        const { certificateId, state } = kept;
        return { certificateId, state, ...(kept.state !== 'begun' && { certificate: kept.certificate }) };
      });
      return { erasures, ...nextOf(found.length > limit, erasures.at(-1)?.certificateId) };
    },
    async holdScope({ subject, purpose, collectionId }) {
      if (
        (subject === undefined) === (collectionId === undefined) ||
        (collectionId !== undefined && purpose !== undefined)
      ) {
        throw new ServiceError(
          'InvalidParameterException',
          'Name either a subject, with or without a purpose, or a collectionId.',
        );
      }
      if (collectionId !== undefined) {
        await requireCollection(collectionId);
        return { kind: 'collection', collectionId };
      }
      const named = purposeNamed(purpose);
      return { kind: 'subject', subject: subject ?? '', ...(named !== undefined && { purpose: named }) };
    },
    requireHold(holdId) {
      if (holds.active().some((hold) => hold.holdId === holdId)) return;
      throw new ServiceError('ResourceNotFoundException', `There is no legal hold ${holdId} in force.`);
    },
    async holds({ after, limit = defaultLimit }) {
      const found = await holds.list({ ...(after !== undefined && { afterId: after }), limit: limit + 1 });
      const told = found.slice(0, limit);
      return { holds: told.map(toldHold), ...nextOf(found.length > limit, told.at(-1)?.holdId) };
    },
    async status({ after, limit = defaultLimit }) {
      const reading = await parts.clock.observe();
      const found = await collections.listCollections({
        limit: limit + 1,
        ...(after !== undefined && { afterId: after }),
      });
      const last = await documents.read((view) => view.get('setting', 'retention-sweep'));
      const told = [];
      for (const collection of found.slice(0, limit)) {
        const { maxDays, idleDays } = policy.purposes[collection.purpose as PurposeName].retention;
        const end = endOfCollection(collection, await collections.tags(collection.id), policy, parts.endsTag);
        const [oldest] = await collections.facesDue(collection.id, { storedBeforeMs: reading.nowMs + dayMs, limit: 1 });
        const soon = await collections.facesDue(collection.id, {
          storedBeforeMs: reading.nowMs - (maxDays - soonDays) * dayMs,
          ...(idleDays !== null && { unusedSinceMs: reading.nowMs - (idleDays - soonDays) * dayMs }),
          limit: mostDue,
        });
        told.push({
          collectionId: collection.id,
          purpose: collection.purpose,
          faces: collection.faceCount,
          maxDays,
          ...(idleDays !== null && { idleDays }),
          ...(end && { endsAt: iso(end.atMs) }),
          ...(oldest && { oldestFaceEndsAt: iso(oldest.storedAtMs + maxDays * dayMs) }),
          facesDueWithin30Days: soon.length,
          onHold: holds.over({ collectionId: collection.id, subjects: [] }).length > 0,
        });
      }
      return {
        clock: reading.kind,
        ...(reading.kind === 'paused' && { why: reading.why }),
        ...(last && { lastSweptAt: (last.body as { readonly at: string }).at }),
        collections: told,
        ...nextOf(found.length > limit, told.at(-1)?.collectionId),
      };
    },
    async sweep(acceptClock, signal) {
      // What it erases is audited where it is erased, so that nothing counts twice.
      return parts.sweeper.sweep({ acceptClock, signal });
    },
    scan: (signal) => parts.scan(signal),
  };

  async function requireCollection(collectionId: string): Promise<void> {
    if ((await collections.findCollection(collectionId)) !== undefined) return;
    throw new ServiceError('ResourceNotFoundException', `The collection id: ${collectionId} does not exist`);
  }
}

function toldHold(hold: LegalHold): OwnResponseOf<'ListLegalHolds'>['holds'][number] {
  const { holdId, scope, reason, proposedBy, approvedBy, placedAtMs, released } = hold;
  return {
    holdId,
    ...(scope.kind === 'collection' ? { collectionId: scope.collectionId } : { subject: scope.subject }),
    ...(scope.kind === 'subject' && scope.purpose !== undefined && { purpose: scope.purpose }),
    reason,
    proposedBy,
    approvedBy,
    placedAt: iso(placedAtMs),
    ...(released && { releasedAt: iso(released.atMs) }),
  };
}

function nextOf(isMore: boolean, last: string | undefined): { readonly next?: string } {
  return isMore && last !== undefined ? { next: last } : {};
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
