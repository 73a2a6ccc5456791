import { ServiceError } from '../../contract/index.ts';
import type { FaceTemplate } from '../../vision/index.ts';
import type { ProbeFlag, ProbeWatch } from '../budgets/index.ts';
import type { FaceMatcher, FaceSearch } from '../capabilities.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';
import type { SearchBudget } from '../policy/index.ts';

/** What watching needs beside the grant. */
export interface WatchParts {
  readonly watch: ProbeWatch;
  /** Of the purpose; null: nothing is watched. */
  readonly budget: SearchBudget | null;
  readonly modelVersion: string;
  /** Calibrated, 0..100, of that model. */
  similarityOf(one: FaceTemplate, other: FaceTemplate): number;
  /** Told once about each thing that is too much. */
  readonly notice: (notice: string) => void;
}

/** Part of a grant that says who searches for what. */
export type WatchGrant = Pick<Grant, 'operation' | 'person' | 'purpose' | 'review'>;

/** The similarity from which on two probes count as one face. */
export const sameFaceSimilarity = 99;

/** Their probe is a face or user of the collection, not an image of the caller's. */
const storedProbes: ReadonlySet<string> = new Set(['SearchFaces', 'SearchUsers']);

const words: Readonly<Record<ProbeFlag, (purpose: string, budget: SearchBudget) => string>> = {
  repeated: (purpose, { repeatsOfOneProbePerHour: most }) =>
    `Under the purpose ${purpose} one face may be searched for ${most} times an hour.`,
  crowd: (purpose, { differentProbesPerTenMinutes: most }) =>
    `Under the purpose ${purpose} ${most} different faces may be searched for in ten minutes.`,
};

/** A search that is refused before the store is asked when one face, or a crowd of faces, is searched for too often. */
export function watchSearch(search: FaceSearch, grant: WatchGrant, notes: GrantNotes, parts: WatchParts): FaceSearch {
  const look = lookingFor(grant, notes, parts);
  if (look === undefined) return search;
  return {
    ...search,
    async searchFaces(probe, ...rest) {
      look(probe);
      return search.searchFaces(probe, ...rest);
    },
    async searchUsers(probe, ...rest) {
      look(probe);
      return search.searchUsers(probe, ...rest);
    },
  };
}

/** A matcher under the same watch as {@link watchSearch}: its source is the probe. */
export function watchMatcher(
  matcher: FaceMatcher,
  grant: WatchGrant,
  notes: GrantNotes,
  parts: WatchParts,
): FaceMatcher {
  const look = lookingFor(grant, notes, parts);
  if (look === undefined) return matcher;
  return {
    ...matcher,
    async match(source, ...rest) {
      look(source);
      return matcher.match(source, ...rest);
    },
  };
}

function lookingFor(
  { operation, person, purpose, review }: WatchGrant,
  notes: GrantNotes,
  { watch, budget, modelVersion, similarityOf, notice }: WatchParts,
): ((probe: FaceTemplate) => void) | undefined {
  if (budget === null) return undefined;
  const stored = storedProbes.has(operation);
  // Stored faces are told apart exactly, and from images: a refusal must not say that a stored face looks like another
  // or like an image, which is just what a review may be withholding.
  // Where matches are withheld images are, too: whether two of one's own photos show one person is a match as well.
  const isSameFace =
    stored || review !== 'none'
      ? isEqual
      : (one: FaceTemplate, other: FaceTemplate) => similarityOf(one, other) >= sameFaceSimilarity;
  const group = `${modelVersion}/${stored ? 'stored' : 'image'}`;
  return (probe) => {
    const tooMuch = watch.look({ person, purpose, group, probe, budget, isSameFace });
    if (tooMuch === undefined) return;
    const { flag, againAtMs } = tooMuch;
    const rule = `probe-watch/${flag}`;
    notes.flag(rule);
    notice(`${person} was refused ${operation}: ${words[flag](purpose, budget)} (${rule})`);
    throw new ServiceError(
      'ProvisionedThroughputExceededException',
      `${words[flag](purpose, budget)} Come again after ${new Date(againAtMs).toISOString()}. ` +
        `Rule: ${rule}; read docs/accountability.md#budgets.`,
    );
  };
}

function isEqual(one: FaceTemplate, other: FaceTemplate): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
