import { ServiceError } from '../../contract/index.ts';
import type { DocumentChange, DocumentStore, KeptDocument } from '../../stores/ports/index.ts';
import { isSamePerson } from '../people/person.ts';
import type { CandidateEnds, ProbeEnds } from './case.ts';

/** One end of a cannot-link: a stored face, a user, everyone under an ExternalImageId, or a probe image by its keyed hash. */
export type LinkEnd =
  | { readonly faceId: string }
  | { readonly userId: string }
  | { readonly externalImageId: string }
  | { readonly hash: string };

/** "Not this person": two that are never matched again in their collection. */
export interface CannotLink {
  readonly linkId: string;
  readonly collectionId: string;
  /** The collection's. */
  readonly purpose: string;
  readonly one: LinkEnd;
  readonly other: LinkEnd;
  /** Who set it; two reviewers when it came from a review. */
  readonly persons: readonly string[];
  readonly reason: string;
  readonly source: 'person' | 'review' | 'subject';
  /** Whose search was reviewed; they are not shown the link. */
  readonly searchedBy?: string;
  /** It no longer holds; kept so that it can be answered for. */
  readonly removed?: { readonly person: string; readonly reason: string; readonly atMs: number };
  readonly setAtMs: number;
}

/** The cannot-links of a collection, ready to be asked for every match. */
export interface CannotLinkSet {
  readonly isEmpty: boolean;
  /** Whether any end of the probe must not meet any end of the candidate; the order of the two does not matter. */
  excludes(probe: ProbeEnds, candidate: CandidateEnds): boolean;
}

/** Keeps cannot-links and answers for them. */
export interface CannotLinks {
  /** Kept in memory after the first time; every change shows at once. */
  forCollection(collectionId: string): Promise<CannotLinkSet>;
  /** Setting one that stands changes nothing. @throws {ServiceError} InvalidParameterException when an end meets itself */
  set(link: Omit<CannotLink, 'linkId' | 'setAtMs'>): Promise<CannotLink>;
  /** As {@link CannotLinks.set}, in the transaction of what it follows from. */
  setWithin(change: DocumentChange, link: Omit<CannotLink, 'linkId' | 'setAtMs'>): CannotLink;
  /** In order of id. */
  list(collectionId: string, page: { afterId?: string; limit: number }): Promise<readonly CannotLink[]>;
  /**
   * Lifts a link; not by a person who set it, so that it takes two to undo one.
   * @throws {ServiceError} ResourceNotFoundException, AccessDeniedException
   */
  remove(collectionId: string, linkId: string, by: { person: string; reason: string }): Promise<void>;
  /** Drops what is in memory, after links were set or removed behind it. */
  forget(collectionId?: string): void;
}

const pageSize = 500;

/** @param ids a fresh id */
export function createCannotLinks(parts: {
  readonly documents: DocumentStore;
  readonly clock: () => number;
  readonly ids: () => string;
}): CannotLinks {
  const { documents, clock, ids } = parts;
  const sets = new Map<string, Promise<CannotLinkSet>>();

  const load = async (collectionId: string): Promise<CannotLinkSet> =>
    setOf(await documents.read((view) => allOf(view, collectionId)));

  function setWithin(change: DocumentChange, wanted: Omit<CannotLink, 'linkId' | 'setAtMs'>): CannotLink {
    const [one, other] = [endKey(wanted.one), endKey(wanted.other)];
    if (one === other) {
      throw new ServiceError('InvalidParameterException', 'The two ends of a cannot-link must differ.');
    }
    if ('hash' in wanted.one && 'hash' in wanted.other) {
      throw new ServiceError('InvalidParameterException', 'One end of a cannot-link must be in the collection.');
    }
    const { collectionId } = wanted;
    const pair = pairName(collectionId, one, other);
    const [standing] = change.named('cannot-link', 'pair', pair, { limit: 1 });
    if (standing !== undefined) return standing.body as CannotLink;
    const fresh: CannotLink = { ...wanted, linkId: ids(), setAtMs: clock() };
    change.put('cannot-link', fresh.linkId, fresh, { names: { collection: collectionId, pair } });
    return fresh;
  }

  return {
    setWithin,
    forCollection(collectionId) {
      const known = sets.get(collectionId);
      if (known !== undefined) return known;
      const loading = load(collectionId);
      sets.set(collectionId, loading);
      loading.catch(() => sets.delete(collectionId));
      return loading;
    },
    async set(wanted) {
      const link = await documents.change((change) => setWithin(change, wanted));
      sets.delete(wanted.collectionId);
      return link;
    },
    list: (collectionId, page) =>
      documents.read((view) => view.named('cannot-link', 'collection', collectionId, page).map(linkOf)),
    async remove(collectionId, linkId, { person, reason }) {
      await documents.change((change) => {
        const kept = change.get('cannot-link', linkId);
        const link = kept && linkOf(kept);
        if (link === undefined || link.removed || link.collectionId !== collectionId) {
          throw new ServiceError('ResourceNotFoundException', `There is no cannot-link ${linkId} in this collection.`);
        }
        if (link.persons.some((setter) => isSamePerson(setter, person))) {
          throw new ServiceError(
            'AccessDeniedException',
            'A cannot-link is lasting: another person than the one who set it must remove it. ' +
              'Read docs/accountability.md#review.',
          );
        }
        // No longer under its names, so nothing that asks for links finds it.
        change.put('cannot-link', linkId, { ...link, removed: { person, reason, atMs: clock() } });
      });
      sets.delete(collectionId);
    },
    forget(collectionId) {
      if (collectionId === undefined) sets.clear();
      else sets.delete(collectionId);
    },
  };
}

/** An end as one text, for comparing. */
export function endKey(end: LinkEnd): string {
  const [[kind, id] = []] = Object.entries(end) as [string, string][];
  return `${kind}:${id}`;
}

function setOf(links: readonly CannotLink[]): CannotLinkSet {
  const partners = new Map<string, Set<string>>();
  const join = (from: string, to: string): void => {
    const known = partners.get(from) ?? new Set<string>();
    partners.set(from, known.add(to));
  };
  for (const { one, other } of links) {
    join(endKey(one), endKey(other));
    join(endKey(other), endKey(one));
  }
  return {
    isEmpty: links.length === 0,
    excludes(probe, candidate) {
      if (partners.size === 0) return false;
      const others = keysOf(candidate);
      return keysOf(probe).some((key) => {
        const barred = partners.get(key);
        return barred !== undefined && others.some((other) => barred.has(other));
      });
    },
  };
}

function keysOf(ends: ProbeEnds): readonly string[] {
  const names = ['faceId', 'userId', 'externalImageId', 'hash'] as const;
  return names.flatMap((name) => (ends[name] === undefined ? [] : [`${name}:${ends[name]}`]));
}

function pairName(collectionId: string, one: string, other: string): string {
  return JSON.stringify([collectionId, ...[one, other].sort()]);
}

function linkOf({ body }: KeptDocument): CannotLink {
  return body as CannotLink;
}

function allOf(view: Pick<DocumentChange, 'named'>, collectionId: string): readonly CannotLink[] {
  const links: CannotLink[] = [];
  for (let afterId = ''; ; ) {
    const page = view.named('cannot-link', 'collection', collectionId, { afterId, limit: pageSize });
    links.push(...page.map(linkOf));
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return links;
    afterId = last.id;
  }
}
