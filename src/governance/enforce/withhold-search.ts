import type { CollectionRecord, FaceRecord } from '../../stores/ports/index.ts';
import type { FaceTemplate } from '../../vision/index.ts';
import type { FaceSearch, Similar } from '../capabilities.ts';
import { type CandidateEnds, mostCandidates, type NewCandidate, type ProbeEnds } from '../review/case.ts';
import { readTellingMatches } from '../telling-matches.ts';
import {
  type CallSheets,
  cropOfProbe,
  endsOfFace,
  endsOfFacesOf,
  endsOfProbe,
  nonMatchOf,
  oneFaceOf,
  type ReviewGrant,
  type WithholdingParts,
} from './withholding.ts';

const ways = readTellingMatches();
/** Where review is wanted the store is asked for this many, whatever the threshold and however many were asked for. */
const reviewDepth = 60;
/** Asked for beyond what the caller wants, so that what is withheld or barred leaves no gap. */
const spareDepth = 64;
/** The most that a store answers at once. */
const deepest = 4096;
const deepening = 4;

/** What faces and users have in common for withholding. */
interface Kind<Hit> {
  find(limit: number, threshold: number): Promise<readonly Hit[]>;
  endsOf(hit: Hit): CandidateEnds;
  /** Those of a user's faces too: a link bars the user that a parted face has joined. */
  allEndsOf(hit: Hit): Promise<readonly CandidateEnds[]>;
  /** The face that shows the hit. */
  faceOf(hit: Hit): Promise<string | undefined>;
  isMinor(hit: Hit): Promise<boolean>;
}

interface Judged<Hit> {
  readonly hit: Hit;
  readonly minor: boolean;
}

/**
 * A search that releases only what may be released without review.
 *
 * Where the purpose wants review, nothing is: every search opens a case, with candidates or without. In a collection
 * that holds a minor every search opens one too; adults are released, minors are not, nor is anything when a minor is
 * searched with. Pairs that a cannot-link bars are never answered and never shown to reviewers.
 *
 * An operation whose answer reviewers cannot be asked about (its way is not `withheld`) opens no case: in it a minor is
 * not told at all, nor is who ranks behind a minor, for they would be told in the minor's place.
 *
 * The same is asked of the store, the same pictures are read and a case of the same size is written, whatever is
 * found: the threshold is applied afterwards, so that time does not tell "no match" from "withheld".
 *
 * @param search asks the store; its `threshold` 0 is no threshold
 */
export function withholdSearch(
  search: FaceSearch,
  grant: ReviewGrant,
  collection: CollectionRecord,
  parts: WithholdingParts,
  sheets: CallSheets,
): FaceSearch {
  const isReviewed = grant.review !== 'none';
  const opensCases = isReviewed || ways.get(grant.operation) === 'withheld';
  const judgedUsers = new Map<string, Promise<boolean>>();
  const facesOfUsers = new Map<string, Promise<readonly CandidateEnds[]>>();

  async function answer<Hit extends Similar>(
    probe: FaceTemplate,
    options: { readonly threshold: number; readonly limit: number },
    kind: Kind<Hit>,
    signal: AbortSignal,
  ): Promise<readonly Hit[]> {
    const { threshold, limit } = options;
    const links = await parts.cannotLinks.forCollection(collection.id);
    const holdsMinors = await parts.minors.anyIn(collection);
    if (!isReviewed && !holdsMinors && links.isEmpty) return kind.find(limit, threshold);

    const source = sheets.probes.sourceOf(probe);
    const ends = await endsOfProbe(source, collection.id, parts);
    const searchedWith = links.isEmpty || source.kind !== 'user' ? [ends] : [ends, ...(await facesOf(source.userId))];
    const isBarred = async (hit: Hit): Promise<boolean> => {
      if (links.isEmpty) return false;
      const found = await kind.allEndsOf(hit);
      return searchedWith.some((one) => found.some((other) => links.excludes(one, other)));
    };
    const judge = async (found: readonly Hit[]): Promise<readonly Judged<Hit>[]> => {
      const barred = await Promise.all(found.map(isBarred));
      const free = found.filter((_, i) => !barred[i]);
      return Promise.all(free.map(async (hit) => ({ hit, minor: holdsMinors && (await kind.isMinor(hit)) })));
    };

    if (!isReviewed && !holdsMinors) {
      const { judged } = await gather(kind, judge, limit, threshold, threshold);
      return judged.map(({ hit }) => hit).slice(0, limit);
    }
    const { judged } = isReviewed
      ? { judged: await judge(await kind.find(reviewDepth, 0)) }
      : await gather(kind, judge, limit, threshold, 0);
    const isWithheldWhole = isReviewed || (await isMinorProbe(ends));
    const reaching = judged.filter(({ hit }) => hit.similarity >= threshold);
    if (!opensCases) {
      const first = reaching.findIndex(({ minor }) => minor);
      const told = isWithheldWhole ? [] : reaching.slice(0, first === -1 ? limit : Math.min(first, limit));
      return told.map(({ hit }) => hit);
    }
    const withheld = reaching.filter(({ minor }) => isWithheldWhole || minor);
    const others = judged.filter((one) => !withheld.includes(one));
    await openCase(probe, ends, { threshold, limit }, withheld, others, kind, signal);
    if (isWithheldWhole) return [];
    return reaching
      .filter(({ minor }) => !minor)
      .map(({ hit }) => hit)
      .slice(0, limit);
  }

  /** Asks deeper until as many as were asked for may be released, or nothing more reaches the threshold. */
  async function gather<Hit extends Similar>(
    { find }: Kind<Hit>,
    judge: (found: readonly Hit[]) => Promise<readonly Judged<Hit>[]>,
    limit: number,
    threshold: number,
    askedThreshold: number,
  ): Promise<{ readonly judged: readonly Judged<Hit>[] }> {
    for (let depth = Math.min(deepest, limit + spareDepth); ; depth = Math.min(deepest, depth * deepening)) {
      const found = await find(depth, askedThreshold);
      const judged = await judge(found);
      const free = judged.filter(({ hit, minor }) => !minor && hit.similarity >= threshold).length;
      const isExhausted = found.length < depth || (found.at(-1)?.similarity ?? 0) < threshold;
      if (free >= limit || isExhausted || depth === deepest) return { judged };
    }
  }

  async function openCase<Hit extends Similar>(
    probe: FaceTemplate,
    ends: ProbeEnds,
    { threshold, limit }: { readonly threshold: number; readonly limit: number },
    withheld: readonly Judged<Hit>[],
    others: readonly Judged<Hit>[],
    kind: Kind<Hit>,
    signal: AbortSignal,
  ): Promise<void> {
    const most = isReviewed ? Math.min(limit, mostCandidates) : mostCandidates;
    // As many pictures are read where nothing is withheld: they come of faces that no one will see.
    const looked = [...withheld.slice(0, most), ...others].slice(0, mostCandidates);
    const pictured = await Promise.all(
      looked.map(async ({ hit, minor }): Promise<NewCandidate> => {
        const faceId = await kind.faceOf(hit);
        return {
          ...kind.endsOf(hit),
          ...(faceId !== undefined && { faceId }),
          similarity: hit.similarity,
          crop: faceId === undefined ? undefined : await parts.crops.of(collection.id, faceId),
          ...(minor && { minor }),
        };
      }),
    );
    const crop = await cropOfProbe(sheets.probes.sourceOf(probe), collection.id, parts, signal);
    const { caseId } = await parts.desk.open({
      kind: 'search',
      operation: grant.operation,
      purpose: grant.purpose,
      collectionId: collection.id,
      collectionCreatedAtMs: collection.createdAtMs,
      requestedBy: grant.person,
      threshold,
      model: collection.modelVersion,
      probe: { ...ends, ...(crop && { crop }) },
      candidates: pictured.slice(0, Math.min(withheld.length, most)),
      isNonMatch: nonMatchOf(probe, collection, threshold, parts),
    });
    sheets.notes.reviewCase(caseId);
  }

  function facesOf(userId: string): Promise<readonly CandidateEnds[]> {
    const known = facesOfUsers.get(userId) ?? endsOfFacesOf(collection.id, userId, parts.collections);
    facesOfUsers.set(userId, known);
    return known;
  }

  async function isMinorProbe(ends: ProbeEnds): Promise<boolean> {
    if (await parts.minors.isMinor(collection, ends)) return true;
    return ends.userId !== undefined && isMinorUser(ends.userId);
  }

  /** A user is a minor too when one of its faces is under a minor's name. */
  function isMinorUser(userId: string): Promise<boolean> {
    const known = judgedUsers.get(userId) ?? judgeUser(userId);
    judgedUsers.set(userId, known);
    return known;
  }

  async function judgeUser(userId: string): Promise<boolean> {
    if (await parts.minors.isMinor(collection, { userId })) return true;
    const faces = await facesOf(userId);
    const judged = await Promise.all(faces.map((face) => parts.minors.isMinor(collection, face)));
    return judged.includes(true);
  }

  return {
    searchFaces(probe, { threshold, limit, excludeFaceIds }, signal) {
      const excluded = excludeFaceIds === undefined ? {} : { excludeFaceIds };
      return answer<Similar & { face: FaceRecord }>(
        probe,
        { threshold, limit },
        {
          find: (most, at) => search.searchFaces(probe, { threshold: at, limit: most, ...excluded }, signal),
          endsOf: ({ face }) => endsOfFace(face),
          allEndsOf: async ({ face }) => [endsOfFace(face)],
          faceOf: async ({ face }) => face.faceId,
          isMinor: async ({ face }) =>
            (await parts.minors.isMinor(collection, endsOfFace(face))) ||
            (face.userId !== undefined && (await isMinorUser(face.userId))),
        },
        signal,
      );
    },
    searchUsers(probe, { threshold, limit, excludeUserIds }, signal) {
      const excluded = excludeUserIds === undefined ? {} : { excludeUserIds };
      return answer<Awaited<ReturnType<FaceSearch['searchUsers']>>[number]>(
        probe,
        { threshold, limit },
        {
          find: (most, at) => search.searchUsers(probe, { threshold: at, limit: most, ...excluded }, signal),
          endsOf: ({ user }) => ({ userId: user.userId }),
          allEndsOf: async ({ user }) => [{ userId: user.userId }, ...(await facesOf(user.userId))],
          faceOf: ({ user }) => oneFaceOf(collection.id, user.userId, parts.collections),
          isMinor: ({ user }) => isMinorUser(user.userId),
        },
        signal,
      );
    },
    faceProbe: (faceId) => search.faceProbe(faceId),
    userProbe: (userId) => search.userProbe(userId),
  };
}
