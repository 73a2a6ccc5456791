import type { PurposeName } from '../../shared/purpose-names.ts';
import type { FaceAttribute } from '../../vision/index.ts';

export { type PurposeName, purposeNames } from '../../shared/purpose-names.ts';

/** What is not offered, under no name and by no setting; a policy without each of them does not load. */
export const refusedClassIds = [
  'law-enforcement-identification',
  'public-space-surveillance',
  'untargeted-scraping',
  'emotion-at-work-or-school',
  'sorting-by-protected-traits',
] as const;

/** The id of a refused class; also its heading in docs/accountability.md. */
export type RefusedClassId = (typeof refusedClassIds)[number];

/** Attributes that a purpose may withhold. */
export const sensitiveAttributes = ['emotions', 'gender'] as const satisfies readonly FaceAttribute[];

/** An attribute that a purpose may withhold. */
export type SensitiveAttribute = (typeof sensitiveAttributes)[number];

/** `never`: withheld; `operator-option`: withheld unless the operator released it, and always from minors; `allowed`: answered. */
export type AttributeMode = 'never' | 'operator-option' | 'allowed';

/** What must be on record before a subject's face is stored. */
export type ConsentDemand = 'none' | 'required' | 'guardian-or-legal-basis' | 'data-set-licence';

/** One purpose's row of the policy. */
export interface PurposeRow {
  readonly name: PurposeName;
  /** What it is for, in a sentence. */
  readonly for: string;
  readonly consent: ConsentDemand;
  /** 0..100: no match below it is ever answered; 0 where the purpose sets none. */
  readonly similarityFloor: number;
  readonly review: 'none' | 'two-reviewers';
  readonly liveStreams: 'none' | 'consenting-subjects';
  readonly attributes: Readonly<Record<SensitiveAttribute, AttributeMode>>;
  readonly retention: RetentionTerms;
  /** Null where searching is not bounded. */
  readonly budget: SearchBudget | null;
}

/** How long a purpose keeps what it holds; the earliest clock that runs out erases. */
export interface RetentionTerms {
  /** Days after which it is erased in any case. */
  readonly maxDays: number;
  /** Days without use after which it is erased; null: use does not matter. */
  readonly idleDays: number | null;
  /** What the days are counted for: each face since it was stored, or the collection since it was made. */
  readonly clock: 'face' | 'collection';
}

/** How much may be searched under a purpose. */
export interface SearchBudget {
  /** By one person, with all their keys together. */
  readonly searchesPerHour: number;
  /** Searches with faces that are one person's, by one person's keys. */
  readonly repeatsOfOneProbePerHour: number;
  /** Different people searched for: as many as a crowd has. */
  readonly differentProbesPerTenMinutes: number;
}

/** Something that Likeness is not offered for. */
export interface RefusedClass {
  readonly id: RefusedClassId;
  /** The rule in a plain sentence. */
  readonly rule: string;
  /** Where to read it: a file of this repository with its heading. */
  readonly readAt: string;
  /** Words under which someone would declare it; compared after folding case, separators and look-alike letters. */
  readonly declaredAs: readonly string[];
}

/** The whole policy: data, frozen, known by its digest. */
export interface Policy {
  readonly version: string;
  /** Hex SHA-256 of the table's canonical JSON. */
  readonly digest: string;
  readonly purposes: Readonly<Record<PurposeName, PurposeRow>>;
  readonly refused: readonly RefusedClass[];
}

/** Whether a purpose enrols only subjects with a receipt. */
export function needsReceipt(purpose: Pick<PurposeRow, 'consent'>): boolean {
  return purpose.consent === 'required' || purpose.consent === 'guardian-or-legal-basis';
}
