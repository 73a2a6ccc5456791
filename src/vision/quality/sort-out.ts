import type { EmbedFacesOptions, RejectionReason } from '../faces.ts';
import type { Photo } from '../photo.ts';
import { faultsOf, gradeOf, type QualityTable } from './filter.ts';

/** The reasons against each face, in the photo's order: what the filter finds, then who is too many. */
export function sortOut(
  table: QualityTable,
  { faces }: Photo,
  { qualityFilter, maxFaces, keep }: EmbedFacesOptions,
  width: number,
  height: number,
): RejectionReason[][] {
  const reasons = faces.map(({ observation }) => faultsOf(table, qualityFilter, observation, width, height));
  const standing = [...faces.keys()].filter((i) => reasons[i]?.length === 0);
  if (keep === 'best') {
    const grades = faces.map(({ observation }) => gradeOf(table, observation, width, height));
    // the sort is stable and the faces come largest first, so among equals the smallest is dropped first
    standing.sort((a, b) => (grades[b] ?? 0) - (grades[a] ?? 0));
  }
  for (const i of standing.slice(maxFaces)) reasons[i]?.push('EXCEEDS_MAX_FACES');
  return reasons;
}
