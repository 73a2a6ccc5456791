import { type Signer, signDocument } from '../../shared/signing.ts';
import type { DocumentStore } from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import type {
  BackupThatHolds,
  ErasedCount,
  ErasureCertificate,
  ErasureReason,
  ErasureSummary,
  ExportThatMayHold,
} from './eraser-port.ts';
import type { ErasureSource, ErasureTarget, HeldCount } from './erasure-source.ts';
import type { LegalHold, LegalHolds } from './legal-holds.ts';
import type { Suspended } from './suspended.ts';
import type { TombstoneEntry, Tombstones } from './tombstones.ts';

/** An erasure that someone, or a clock, asked for. */
export interface ErasureRequest {
  readonly target: ErasureTarget;
  readonly reason: ErasureReason;
  /** The person, or `likeness` where a clock did. */
  readonly requestedBy: string;
}

/**
 * An erasure as it is kept. `begun`: it may have been cut off, and the next start ends it. `suspended`: legal holds
 * forbid it. `done`: only the certificate is left, which does not say whom it was about.
 */
export type KeptErasure =
  | {
      readonly state: 'begun';
      readonly certificateId: string;
      readonly request: ErasureRequest;
      readonly before: readonly HeldCount[];
    }
  | {
      readonly state: 'suspended';
      readonly certificateId: string;
      readonly request: ErasureRequest;
      readonly certificate: ErasureCertificate;
    }
  | {
      readonly state: 'done';
      readonly certificateId: string;
      readonly tombstone: TombstoneEntry;
      readonly certificate: ErasureCertificate;
    };

/** Erases targets, one after another, and vouches for it. */
export interface TargetEraser {
  erase(request: ErasureRequest): Promise<ErasureCertificate>;
  /** Ends what a crash cut off. @returns how many; those that fail again are told by `notice` */
  finish(): Promise<number>;
  /** Erases what was suspended and no hold keeps any more. */
  resume(): Promise<readonly ErasureCertificate[]>;
  /** The ids of the legal holds that keep a target from being erased. */
  heldBy(target: ErasureTarget): Promise<readonly string[]>;
}

/** What an eraser works with. */
export interface EraserParts {
  readonly sources: () => readonly ErasureSource[];
  readonly tombstones: Tombstones;
  readonly holds: LegalHolds;
  readonly suspended: Suspended;
  /** The names that a face bears: external image id, user id. */
  readonly namesOfFace: (collectionId: string, faceId: string) => Promise<readonly string[]>;
  readonly documents: DocumentStore;
  readonly signer: Signer;
  readonly policyDigest: string;
  /** The backups that have not expired. */
  readonly backups: () => Promise<readonly BackupThatHolds[]>;
  /** The files that were exported from these collections and have not expired. Default: none. */
  readonly exports?: (collectionIds: readonly string[]) => Promise<readonly ExportThatMayHold[]>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly ids: () => string;
  /** Told what an operator should know. */
  readonly notice: (notice: string) => void;
}

/** The sentences of a certificate. */
export const erasureStatements = {
  done: 'What this server held of the subject was erased and its data keys were destroyed; the counts say what there was and what is left. Review cases and cannot-links went too; how many there were would tell what a review withholds.',
  backups:
    'An unexpired backup together with its master key still holds what was erased; a restore of it erases it again before it serves, as long as the file of tombstones is kept.',
  exports:
    'Files that were exported from a collection it lay in may hold it, and whoever imported one: who answers for the processing sees to it that they are deleted and that it is erased there too. This server does not bring it back from them.',
  left: 'Something could not be erased: the counts after are not all zero.',
  suspended:
    'Nothing was erased, because a legal hold forbids it. The subject is withheld from every search from now on, and is erased when the hold ends.',
} as const;

/**
 * Makes the eraser. Each erasure first writes down that it has begun, then the tombstone, and only then erases; so a
 * kill at any moment is ended by {@link TargetEraser.finish} at the next start.
 */
export function createTargetEraser(parts: EraserParts): TargetEraser {
  const { tombstones, holds, suspended, documents, clock } = parts;

  let tail: Promise<unknown> = Promise.resolve();
  /** One at a time: two erasures of one subject would count each other's work. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = tail.then(work);
    tail = next.catch(() => {});
    return next;
  };

  const sources = () => parts.sources().filter(({ replayOnly }) => replayOnly !== true);
  const count = async (target: ErasureTarget): Promise<readonly HeldCount[]> => {
    const counts: HeldCount[] = [];
    for (const source of sources()) counts.push(...(await source.count(target)));
    return counts;
  };
  const sweepSources = async (target: ErasureTarget): Promise<readonly HeldCount[]> => {
    for (const source of sources()) await source.erase(target);
    await documents.scrub();
    return count(target);
  };
  const keep = (kept: KeptErasure): Promise<void> =>
    documents.change((change) => {
      change.put('erasure', kept.certificateId, kept, { names: { state: kept.state } });
      change.put('setting', 'tombstone-head', tombstones.head);
    });

  const certify = async (
    certificateId: string,
    request: ErasureRequest,
    counts: { before: readonly HeldCount[]; after: readonly HeldCount[] },
    suspendedBy?: readonly string[],
  ): Promise<ErasureCertificate> => {
    const { target, reason } = request;
    const nowMs = clock();
    const left = counts.after.some((held) => held.count > 0);
    const backups = suspendedBy === undefined ? await parts.backups() : [];
    const lay = counts.before.flatMap((held) => (held.count > 0 && held.collectionId ? [held.collectionId] : []));
    const exports = suspendedBy === undefined ? ((await parts.exports?.([...new Set(lay)])) ?? []) : [];
    const summary: ErasureSummary = {
      certificateId,
      at: new Date(nowMs).toISOString(),
      reason,
      ...(target.kind === 'subject' && target.purpose !== undefined && { purpose: target.purpose }),
      subjectHash: tombstones.hashOf(target),
      ...mergeCounts(toldCounts(counts, suspendedBy !== undefined)),
      policyDigest: parts.policyDigest,
      backups,
      ...(exports.length > 0 && { exports }),
      ...(suspendedBy && { suspendedBy }),
      statement: suspendedBy
        ? erasureStatements.suspended
        : [
            left ? erasureStatements.left : erasureStatements.done,
            erasureStatements.backups,
            ...(exports.length > 0 ? [erasureStatements.exports] : []),
          ].join(' '),
    };
    return signDocument(parts.signer, summary);
  };

  /** Holds by the target's own words, those over collections in which it lies, and over subjects who lie in it. */
  const holdsOn = async (target: ErasureTarget, before: readonly HeldCount[]): Promise<readonly string[]> => {
    const lying = new Set(before.flatMap((held) => (held.count > 0 && held.collectionId ? [held.collectionId] : [])));
    const found = [
      ...holds.on(target),
      ...[...lying].flatMap((collectionId) => holds.over({ collectionId, subjects: [] })),
    ];
    if (target.kind !== 'subject') found.push(...(await holdsWithin(target)));
    return [...new Set(found.map(({ holdId }) => holdId))].sort();
  };
  const holdsWithin = async (
    target: ErasureTarget & { kind: 'face' | 'collection' },
  ): Promise<readonly LegalHold[]> => {
    const found: LegalHold[] = [];
    for (const hold of holds.active()) {
      if (hold.scope.kind !== 'subject') continue;
      const { subject, purpose } = hold.scope;
      const { collectionId } = target;
      const held =
        target.kind === 'face'
          ? (await parts.namesOfFace(collectionId, target.faceId)).includes(subject)
          : (await count({ kind: 'subject', subject, collectionId, ...(purpose !== undefined && { purpose }) })).some(
              (there) => there.count > 0 && there.collectionId === collectionId,
            );
      if (held) found.push(hold);
    }
    return found;
  };

  const perform = async (
    certificateId: string,
    request: ErasureRequest,
    before: readonly HeldCount[],
  ): Promise<ErasureCertificate> => {
    const { target } = request;
    await keep({ state: 'begun', certificateId, request, before });
    const erasedAtMs = clock();
    await tombstones.add([target], { erasedAtMs, certificateId });
    let after = await sweepSources(target);
    // What came in while it was erased goes too; whatever is left then is said, not hidden.
    if (after.some((held) => held.count > 0)) after = await sweepSources(target);
    if (after.some((held) => held.count > 0)) {
      parts.notice(`the erasure ${certificateId} left something behind; see \`likeness erasures ${certificateId}\``);
    }
    const certificate = await certify(certificateId, request, { before, after });
    const tombstone = { kind: target.kind, hash: tombstones.hashOf(target), erasedAtMs, certificateId };
    await keep({ state: 'done', certificateId, tombstone, certificate });
    // What the document said while it had begun names the subject.
    await documents.scrub();
    await suspended.forget(certificateId);
    // What is enrolled from now on must be younger than the tombstone.
    if (clock() === erasedAtMs) await new Promise((resolve) => setTimeout(resolve, 2));
    return certificate;
  };

  const eraseOrSuspend = async (certificateId: string, request: ErasureRequest): Promise<ErasureCertificate> => {
    const before = await count(request.target);
    const suspendedBy = await holdsOn(request.target, before);
    if (suspendedBy.length === 0) return perform(certificateId, request, before);
    // Asked for again, as the clock does every hour: once is enough.
    const hash = tombstones.hashOf(request.target);
    const standing = (await inState('suspended')).find((kept) => tombstones.hashOf(kept.request.target) === hash);
    if (standing !== undefined) return standing.certificate;
    const certificate = await certify(certificateId, request, { before, after: before }, suspendedBy);
    await keep({ state: 'suspended', certificateId, request, certificate });
    await suspended.add(certificateId, request.target);
    return certificate;
  };

  const inState = async <State extends KeptErasure['state']>(
    state: State,
  ): Promise<readonly (KeptErasure & { readonly state: State })[]> => {
    const found: KeptErasure[] = [];
    for await (const { body } of documentsOf(documents, (view, page) => view.named('erasure', 'state', state, page))) {
      found.push(body as KeptErasure);
    }
    return found as (KeptErasure & { readonly state: State })[];
  };

  return {
    erase: (request) => inTurn(() => eraseOrSuspend(certificateIdOf(clock(), parts.ids()), request)),
    finish: () =>
      inTurn(async () => {
        let finished = 0;
        for (const { certificateId, request, before } of await inState('begun')) {
          try {
            await perform(certificateId, request, before);
            finished += 1;
          } catch (error) {
            parts.notice(
              `the erasure ${certificateId} was cut off and could not be ended: ${error instanceof Error ? error.message : String(error)}`,
            );
          }
        }
        return finished;
      }),
    async heldBy(target) {
      return holds.active().length === 0 ? [] : holdsOn(target, await count(target));
    },
    resume: () =>
      inTurn(async () => {
        const certificates: ErasureCertificate[] = [];
        for (const { certificateId, request } of await inState('suspended')) {
          const before = await count(request.target);
          if ((await holdsOn(request.target, before)).length > 0) continue;
          certificates.push(await perform(certificateId, request, before));
        }
        return certificates;
      }),
  };
}

/** Begins with the time, so that certificates are listed in their order. */
function certificateIdOf(nowMs: number, id: string): string {
  return `${new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '')}-${id}`;
}

/** The counts without those that would tell what a review withholds, unless an erasure left some of these behind. */
function toldCounts(
  { before, after }: { readonly before: readonly HeldCount[]; readonly after: readonly HeldCount[] },
  isSuspended: boolean,
): { readonly before: readonly HeldCount[]; readonly after: readonly HeldCount[] } {
  return {
    before: before.filter(({ isWithheld }) => !isWithheld),
    after: after.filter(({ isWithheld, count }) => !isWithheld || (!isSuspended && count > 0)),
  };
}

function mergeCounts(counts: {
  before: readonly HeldCount[];
  after: readonly HeldCount[];
}): Pick<ErasureSummary, 'counts' | 'collections'> {
  type Mutable = { before: number; after: number };
  const total: Record<string, Mutable> = {};
  const collections: Record<string, Record<string, Mutable>> = {};
  for (const when of ['before', 'after'] as const) {
    for (const { kind, collectionId, count } of counts[when]) {
      const sum = total[kind] ?? { before: 0, after: 0 };
      sum[when] += count;
      total[kind] = sum;
      if (collectionId === undefined) continue;
      const collection = collections[collectionId] ?? {};
      const inCollection = collection[kind] ?? { before: 0, after: 0 };
      inCollection[when] += count;
      collection[kind] = inCollection;
      collections[collectionId] = collection;
    }
  }
  // A collection in which nothing lay would say which collections there are.
  const some = (kinds: Readonly<Record<string, ErasedCount>>) =>
    Object.values(kinds).some(({ before, after }) => before + after > 0);
  return {
    counts: total,
    collections: Object.fromEntries(Object.entries(collections).filter(([, kinds]) => some(kinds))),
  };
}
