import type { FaceMatcher, FaceSearch, Similar } from '../capabilities.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';

/** The part of a grant that decides about similarity. */
export type FloorGrant = Pick<Grant, 'similarityFloor'>;

/**
 * The threshold that counts: the higher of the requested one and the floor; one that is no number counts as 100.
 *
 * @returns 0..100 for a threshold and a floor in 0..100
 */
export function effectiveThreshold(requested: number, grant: FloorGrant): number {
  return Number.isNaN(requested) ? 100 : Math.max(requested, grant.similarityFloor);
}

/** A search that runs with the effective threshold and drops what is below it, whatever the search beneath returned. */
export function floorSearch(search: FaceSearch, grant: FloorGrant, notes: GrantNotes): FaceSearch {
  const kept = <Match extends Similar>(matches: readonly Match[], threshold: number): readonly Match[] => {
    const released = matches.filter((match) => match.similarity >= threshold);
    notes.count('candidatesReturned', released.length);
    return released;
  };
  const noted = (requested: number): number => {
    const threshold = effectiveThreshold(requested, grant);
    notes.threshold(requested, threshold);
    return threshold;
  };
  return {
    async searchFaces(probe, options, signal) {
      const threshold = noted(options.threshold);
      return kept(await search.searchFaces(probe, { ...options, threshold }, signal), threshold);
    },
    async searchUsers(probe, options, signal) {
      const threshold = noted(options.threshold);
      return kept(await search.searchUsers(probe, { ...options, threshold }, signal), threshold);
    },
    faceProbe: (faceId) => search.faceProbe(faceId),
    userProbe: (userId) => search.userProbe(userId),
  };
}

/** A matcher that tells a similarity only where it reaches the effective threshold. */
export function floorMatcher(matcher: FaceMatcher, grant: FloorGrant, notes: GrantNotes): FaceMatcher {
  return {
    modelVersion: matcher.modelVersion,
    async match(source, targets, requested, signal) {
      const threshold = effectiveThreshold(requested, grant);
      notes.threshold(requested, threshold);
      const found = await matcher.match(source, targets, threshold, signal);
      const told = found.map((similarity) =>
        similarity !== undefined && similarity >= threshold ? similarity : undefined,
      );
      notes.count('facesCompared', targets.length);
      notes.count('candidatesReturned', told.filter((similarity) => similarity !== undefined).length);
      return told;
    },
  };
}
