import type { Signer } from '../../shared/signing.ts';
import type {
  CollectionRecord,
  CollectionStore,
  DocumentChange,
  DocumentNames,
  DocumentStore,
} from '../../stores/ports/index.ts';
import type { ConsentBook } from '../consent/index.ts';
import type { BoundDualControl, DualControl } from '../dual-control/index.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';
import type { People } from '../people/index.ts';
import { needsReceipt, type Policy, type PurposeRow } from '../policy/index.ts';
import type { CannotLinks, Minors } from '../review/index.ts';

/** What moving collections stands on. */
export interface TransferParts {
  readonly documents: DocumentStore;
  readonly collections: Pick<CollectionStore, 'findCollection'>;
  readonly signer: Signer;
  readonly policy: Policy;
  readonly people: Pick<People, 'countActive'>;
  readonly dualControl: DualControl;
  readonly consents: ConsentBook;
  readonly minors: Minors;
  readonly cannotLinks: CannotLinks;
  /** @throws {UnknownFaceModelError} when this server does not have the model */
  readonly dimensionsOf: (modelVersion: string) => number;
  readonly software: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly ids: () => string;
}

/** Whose call it is. */
export interface TransferCall {
  readonly grant: Pick<Grant, 'person'>;
  readonly notes: GrantNotes;
  readonly control: BoundDualControl;
  readonly pseudonymOf: (subject: string) => Promise<string | undefined>;
  readonly isGallery: boolean;
}

/** What a proposal waits for. */
export interface Waiting {
  readonly status: 'pending';
  readonly proposalId: string;
  readonly digest: string;
  readonly expires: string;
}

const dayMs = 86_400_000;
/** A file may be imported this long. What is erased here later is in it until then. */
export const fileLifetimeMs = 30 * dayMs;
/** How long what two persons agreed on may be carried out. */
export const approvalLifetimeMs = 7 * dayMs;

/**
 * Keeps what is known of an export or import until its approval runs out, when it is swept.
 *
 * @param sinceMs when it was proposed or opened
 */
export function keepTransfer<Kept extends { readonly state: 'proposed' | 'open' | 'done' }>(
  change: DocumentChange,
  id: string,
  kept: Kept,
  sinceMs: number,
  names: DocumentNames = {},
): void {
  // Another person may have approved it before the proposal itself was noted.
  const standing = change.get('transfer', id)?.body as
    | { readonly state: string; readonly openedAtMs?: number }
    | undefined;
  if (kept.state === 'proposed' && standing?.state === 'open' && sinceMs <= (standing.openedAtMs ?? 0)) return;
  change.put('transfer', id, kept, { names, dueAtMs: sinceMs + approvalLifetimeMs });
}

/** The purpose's row of a collection. */
export function purposeOf(policy: Policy, record: Pick<CollectionRecord, 'purpose'>): PurposeRow {
  const row = Object.values(policy.purposes).find(({ name }) => name === record.purpose);
  if (row === undefined) throw new Error('a collection has no purpose of the policy');
  return row;
}

/** Why collections of a purpose are not moved as files; undefined where they are. */
export function whyNotMoved(purpose: PurposeRow, isGallery: boolean): string | undefined {
  if (isGallery) {
    return 'The gallery of public figures is not moved as a file, because names and opt-outs stand outside it: make it anew with `likeness celebrities import`.';
  }
  if (purpose.review !== 'none') {
    return `A collection for ${purpose.name} is not moved as a file, because what reviewers decided and the pictures that they decide by stand outside it: move the whole server with a backup.`;
  }
  if (purpose.retention.clock === 'collection') {
    return `A collection for ${purpose.name} is not moved as a file, because its time runs from the day it was made: index its data set again.`;
  }
  return undefined;
}

/**
 * Whether one person may move a collection alone: who works alone with the server and, by the purpose, needs nobody's
 * consent.
 */
export async function mayMoveAlone({ policy, people }: TransferParts, purpose: string): Promise<boolean> {
  return !needsReceipt(purposeOf(policy, { purpose })) && (await people.countActive()) < 2;
}

/** What stands of a proposal that was made before; undefined when it must be made anew. */
export async function standingProposal(control: BoundDualControl, proposalId: string): Promise<Waiting | undefined> {
  const found = (await control.list()).find(({ id, state }) => id === proposalId && state === 'pending');
  return (
    found && {
      status: 'pending',
      proposalId: found.id,
      digest: found.digest,
      expires: new Date(found.expiresAtMs).toISOString(),
    }
  );
}

/** Notes whom a call was about, for the audit. */
export async function noteSubjects(
  { notes, pseudonymOf }: Pick<TransferCall, 'notes' | 'pseudonymOf'>,
  faces: readonly { readonly faceId: string; readonly externalImageId?: string }[],
): Promise<void> {
  for (const subject of new Set(faces.map(({ faceId, externalImageId }) => externalImageId ?? faceId))) {
    const pseudonym = await pseudonymOf(subject);
    if (pseudonym !== undefined) notes.subject(pseudonym);
  }
}
