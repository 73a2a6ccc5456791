import { ServiceError } from '../../contract/index.ts';
import type { DocumentStore } from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import { isSamePerson } from '../people/index.ts';
import type { PurposeName } from '../policy/index.ts';
import type { ErasureTarget } from './erasure-source.ts';

/** What a legal hold keeps from being erased: a subject, or a collection as a whole. */
export type HoldScope =
  | { readonly kind: 'subject'; readonly subject: string; readonly purpose?: PurposeName }
  | { readonly kind: 'collection'; readonly collectionId: string };

/** A legal hold: evidence that a court or an authority wants kept. */
export interface LegalHold {
  readonly holdId: string;
  readonly scope: HoldScope;
  /** Such as a file number. */
  readonly reason: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly placedAtMs: number;
  readonly released?: { readonly proposedBy: string; readonly approvedBy: string; readonly atMs: number };
}

/** Who did it: two different persons. */
export interface TwoPersons {
  readonly proposedBy: string;
  readonly approvedBy: string;
}

/** Things that might be on hold. */
export interface HeldNames {
  readonly purpose?: string;
  readonly collectionId?: string;
  /** External image ids and user ids. */
  readonly subjects: readonly string[];
}

/** The legal holds of a server; looked up in memory, kept in the documents. */
export interface LegalHolds {
  place(scope: HoldScope, reason: string, by: TwoPersons): Promise<LegalHold>;
  /** @throws {ServiceError} ResourceNotFoundException when there is none, or it was released */
  release(holdId: string, by: TwoPersons): Promise<LegalHold>;
  /** In the order of ids, those that were released too. */
  list(page: { afterId?: string; limit: number }): Promise<readonly LegalHold[]>;
  /** The holds that keep a target, as far as its own words tell; a subject may also lie in a collection on hold. */
  on(target: ErasureTarget): readonly LegalHold[];
  /** The holds that keep what bears these names. */
  over(names: HeldNames): readonly LegalHold[];
  active(): readonly LegalHold[];
}

/** Opens the legal holds. @throws {ServiceError} AccessDeniedException when one person would do both parts */
export async function openLegalHolds(parts: {
  documents: DocumentStore;
  clock: () => number;
  ids: () => string;
}): Promise<LegalHolds> {
  const { documents, clock, ids } = parts;
  const active = new Map<string, LegalHold>();
  for await (const { body } of documentsOf(documents, (view, page) => view.list('legal-hold', page))) {
    const hold = body as LegalHold;
    if (hold.released === undefined) active.set(hold.holdId, hold);
  }

  const keep = async (hold: LegalHold): Promise<LegalHold> => {
    await documents.change((change) => change.put('legal-hold', hold.holdId, hold));
    if (hold.released === undefined) active.set(hold.holdId, hold);
    else active.delete(hold.holdId);
    return hold;
  };
  const over = (names: HeldNames): readonly LegalHold[] =>
    [...active.values()].filter(({ scope }) =>
      scope.kind === 'collection'
        ? scope.collectionId === names.collectionId
        : names.subjects.includes(scope.subject) &&
          (scope.purpose === undefined || names.purpose === undefined || scope.purpose === names.purpose),
    );

  return {
    async place(scope, reason, by) {
      requireTwo(by);
      return keep({ holdId: ids(), scope, reason, ...by, placedAtMs: clock() });
    },
    async release(holdId, by) {
      requireTwo(by);
      const hold = active.get(holdId);
      if (hold === undefined) {
        throw new ServiceError('ResourceNotFoundException', `There is no legal hold ${holdId} in force.`);
      }
      return keep({ ...hold, released: { ...by, atMs: clock() } });
    },
    list: async ({ afterId, limit }) =>
      (
        await documents.read((view) => view.list('legal-hold', { ...(afterId !== undefined && { afterId }), limit }))
      ).map(({ body }) => body as LegalHold),
    on(target) {
      switch (target.kind) {
        case 'subject':
          return over({ subjects: [target.subject], ...(target.purpose && { purpose: target.purpose }) });
        case 'face':
        case 'collection':
          return over({ subjects: [], collectionId: target.collectionId });
      }
    },
    over,
    active: () => [...active.values()],
  };
}

/** Keys are not counted: one human under two keys is one person here. */
function requireTwo({ proposedBy, approvedBy }: TwoPersons): void {
  if (!isSamePerson(proposedBy, approvedBy)) return;
  throw new ServiceError(
    'AccessDeniedException',
    `A legal hold takes two persons, and ${proposedBy} would be both. Read docs/accountability.md#dual-control.`,
  );
}
