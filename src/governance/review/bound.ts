import { type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { CollectionRecord } from '../../stores/ports/index.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';
import { isSamePerson } from '../people/person.ts';
import { type PurposeName, purposeNames } from '../policy/index.ts';
import type { ReviewCaller } from './caller.ts';
import type { CannotLink, LinkEnd } from './cannot-links.ts';
import type { MinorMark } from './minors.ts';
import type { ListedCase } from './reviewing.ts';
import type { ReviewRoom } from './room.ts';

/** A page of a listing. */
interface Page {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** The review desk in the caller's name, within the limits of the key. */
export interface BoundReviewDesk {
  list(page: Page): Promise<OwnResponseOf<'ListReviewCases'>>;
  show(caseId: string): Promise<OwnResponseOf<'GetReviewCase'>>;
  submit(review: OwnRequestOf<'SubmitReview'>): Promise<void>;
  outcome(caseId: string): Promise<OwnResponseOf<'GetReviewOutcome'>>;
  stats(): Promise<OwnResponseOf<'GetReviewStats'>>;
}

/** The cannot-links of the granted collection, in the caller's name. */
export interface BoundCannotLinks {
  set(wanted: Pick<OwnRequestOf<'SetCannotLink'>, 'one' | 'other' | 'reason'>): Promise<KnownLink>;
  list(page: Page): Promise<{ readonly links: readonly KnownLink[]; readonly next?: string }>;
  remove(linkId: string, reason: string): Promise<void>;
}

type KnownLink = OwnResponseOf<'SetCannotLink'>['link'];
type KnownMinor = OwnResponseOf<'MarkMinor'>['minor'];

/** The marks of minors, in the caller's name. */
export interface BoundMinors {
  mark(wanted: OwnRequestOf<'MarkMinor'>): Promise<KnownMinor>;
  unmark(wanted: OwnRequestOf<'UnmarkMinor'>): Promise<void>;
  list(): Promise<readonly KnownMinor[]>;
}

const defaultLimit = 50;
const candidateNotice = 'A match is a candidate on which two reviewers agreed. It is never an identity.';

/** @param callerOf reads the caller's roles when they are needed */
export function reviewDeskOf(
  { desk }: Pick<ReviewRoom, 'desk'>,
  callerOf: () => Promise<ReviewCaller>,
  notes: GrantNotes,
): BoundReviewDesk {
  return {
    async list({ after, limit = defaultLimit }) {
      const found = await desk.reviewing.list(await callerOf(), {
        limit: limit + 1,
        ...(after !== undefined && { afterId: after }),
      });
      const cases = found.slice(0, limit);
      const last = cases.at(-1);
      return { cases: cases.map(listedCase), ...(found.length > limit && last && { next: last.caseId }) };
    },
    async show(caseId) {
      const shown = await desk.reviewing.show(await callerOf(), caseId, notes);
      const { probe, candidates } = shown;
      return { ...listedCase(shown), ...(probe !== undefined && { probe }), candidates };
    },
    submit: async ({ caseId, decisions }) => desk.reviewing.submit(await callerOf(), caseId, decisions, notes),
    async outcome(caseId) {
      const { expiresAtMs, matches, ...outcome } = await desk.outcomes.outcome(await callerOf(), caseId, notes);
      return {
        ...outcome,
        expiresAt: iso(expiresAtMs),
        matches: matches.map(({ similarity, faceId, userId, externalImageId, box }) => ({
          similarity,
          ...(faceId !== undefined && { faceId }),
          ...(externalImageId !== undefined && { externalImageId }),
          ...(userId !== undefined && { userId }),
          ...(box && { boundingBox: box }),
        })),
        notice: candidateNotice,
      };
    },
    stats: async () => ({ reviewers: await desk.outcomes.stats(await callerOf()) }),
  };
}

/** Who the grant was given to, as the desk asks. */
export function reviewCallerOf(grant: Grant, roles: ReviewCaller['roles']): ReviewCaller {
  const { person, purposes = [], scope } = grant;
  return { person, roles, purposes, collections: scope.kind === 'account' ? scope.collections : [] };
}

/** The cannot-links of a collection for one caller. @param clock ms since 1970 */
export function cannotLinksOf(
  { cannotLinks }: Pick<ReviewRoom, 'cannotLinks'>,
  grant: Pick<Grant, 'person'>,
  { id: collectionId, purpose }: Pick<CollectionRecord, 'id' | 'purpose'>,
  clock: () => number,
): BoundCannotLinks {
  return {
    async set({ one, other, reason }) {
      const wanted = {
        collectionId,
        purpose,
        one: linkEnd(one),
        other: linkEnd(other),
        persons: [grant.person],
        reason: stated(reason),
        source: 'person',
      } as const;
      const { linkId } = await cannotLinks.set(wanted);
      // Not the link that may stand there already: it would tell what reviewers found.
      return knownLink({ ...wanted, linkId, setAtMs: clock() });
    },
    async list({ after, limit = defaultLimit }) {
      const found: CannotLink[] = [];
      let afterId: string | undefined = after ?? '';
      while (afterId !== undefined && found.length <= limit) {
        const page: readonly CannotLink[] = await cannotLinks.list(collectionId, { limit: limit + 1, afterId });
        // What reviewers found of one's own search is not to be read off here, nor off where a page ends.
        found.push(...page.filter(({ searchedBy }) => !searchedBy || !isSamePerson(searchedBy, grant.person)));
        afterId = page.length > limit ? page.at(-1)?.linkId : undefined;
      }
      const links = found.slice(0, limit);
      const last = links.at(-1);
      return { links: links.map(knownLink), ...(found.length > limit && last && { next: last.linkId }) };
    },
    remove: (linkId, reason) =>
      cannotLinks.remove(collectionId, linkId, { person: grant.person, reason: stated(reason) }),
  };
}

/** The marks of minors for one caller. @param clock ms since 1970 */
export function minorsOf(
  { minors }: Pick<ReviewRoom, 'minors'>,
  grant: Pick<Grant, 'person'>,
  clock: () => number,
): BoundMinors {
  const known = ({ setAtMs, lifted: _, ...mark }: MinorMark): KnownMinor => ({
    ...mark,
    setAt: iso(setAtMs),
    holds: minors.holds(mark),
  });
  return {
    async mark({ subject, purpose = '*', reason, adultFrom }) {
      if (adultFrom !== undefined && !isDay(adultFrom)) {
        throw new ServiceError('InvalidParameterException', `'${adultFrom}' is no day; write it as 2031-05-17.`);
      }
      const mark = {
        subject,
        purpose: minorPurpose(purpose),
        person: grant.person,
        reason: stated(reason),
        source: 'person',
        ...(adultFrom !== undefined && { adultFrom }),
      } as const;
      await requireNoShortening(mark);
      await minors.mark(mark);
      return known({ ...mark, setAtMs: clock() });
    },
    async unmark({ subject, purpose = '*', reason }) {
      const why = stated(reason);
      const standing = await find(minorPurpose(purpose), subject);
      if (standing === undefined) {
        throw new ServiceError('ResourceNotFoundException', `${subject} is not marked as a minor under ${purpose}.`);
      }
      requireOther(standing);
      await minors.unmark(standing.purpose, subject, { person: grant.person, reason: why });
    },
    list: async () => (await minors.list()).map(known),
  };

  async function find(purpose: PurposeName | '*', subject: string): Promise<MinorMark | undefined> {
    return (await minors.list()).find((mark) => mark.purpose === purpose && mark.subject === subject);
  }

  /** A mark that ends sooner than the one that stands would undo it. */
  async function requireNoShortening(mark: Pick<MinorMark, 'purpose' | 'subject' | 'adultFrom'>): Promise<void> {
    const standing = await find(mark.purpose, mark.subject);
    if (standing === undefined || mark.adultFrom === undefined || !minors.holds(standing)) return;
    if (standing.adultFrom === undefined || mark.adultFrom < standing.adultFrom) requireOther(standing);
  }

  function requireOther({ person }: MinorMark): void {
    if (!isSamePerson(person, grant.person)) return;
    throw new ServiceError(
      'AccessDeniedException',
      'The mark of a minor is taken back by another person than the one who set it. ' +
        'Read docs/accountability.md#minors.',
    );
  }
}

function linkEnd(end: OwnRequestOf<'SetCannotLink'>['one']): LinkEnd {
  const { faceId, userId, externalImageId, probeHash } = end;
  const named: readonly LinkEnd[] = [
    ...(faceId === undefined ? [] : [{ faceId }]),
    ...(userId === undefined ? [] : [{ userId }]),
    ...(externalImageId === undefined ? [] : [{ externalImageId }]),
    ...(probeHash === undefined ? [] : [{ hash: probeHash }]),
  ];
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  throw new ServiceError(
    'InvalidParameterException',
    'An end of a cannot-link is exactly one of faceId, userId, externalImageId and probeHash.',
  );
}

function knownLink({
  setAtMs,
  searchedBy: _by,
  one,
  other,
  purpose: _purpose,
  removed: _removed,
  ...link
}: CannotLink): KnownLink {
  return { ...link, one: knownEnd(one), other: knownEnd(other), setAt: iso(setAtMs) };
}

function knownEnd(end: LinkEnd): KnownLink['one'] {
  return 'hash' in end ? { probeHash: end.hash } : end;
}

function listedCase({ caseId, kind, purpose, collectionId, openedAtMs, expiresAtMs }: ListedCase) {
  return {
    caseId,
    kind,
    purpose,
    ...(collectionId !== undefined && { collectionId }),
    openedAt: iso(openedAtMs),
    expiresAt: iso(expiresAtMs),
  };
}

function minorPurpose(purpose: string): PurposeName | '*' {
  const known = purposeNames.find((name) => name === purpose);
  if (purpose === '*' || known !== undefined) return known ?? '*';
  throw new ServiceError(
    'InvalidParameterException',
    `The purpose '${purpose}' is not known. It is * or one of: ${purposeNames.join(', ')}.`,
  );
}

function stated(reason: string): string {
  if (reason.trim() !== '') return reason.trim();
  throw new ServiceError('InvalidParameterException', 'A reason is more than spaces.');
}

function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && iso(ms).startsWith(text);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
