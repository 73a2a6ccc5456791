import type { FromSchema } from './json-schema.ts';
import { accountabilityOperations } from './own/accountability.ts';
import { celebritiesOperations } from './own/celebrities.ts';
import { collectionsOperations } from './own/collections.ts';
import { consentOperations } from './own/consent.ts';
import { encryptionOperations } from './own/encryption.ts';
import { labelsOperations } from './own/labels.ts';
import { modelsOperations } from './own/models.ts';
import { peopleOperations } from './own/people.ts';
import { reportsOperations } from './own/reports.ts';
import { retentionOperations } from './own/retention.ts';
import { reviewOperations } from './own/review.ts';
import type { OwnOperationRow } from './own/row.ts';
import { similarOperations } from './own/similar.ts';
import { subjectsOperations } from './own/subjects.ts';

export type { OwnOperationRow } from './own/row.ts';

/** Where Likeness' own operations stand. */
export const ownPathPrefix = '/likeness/v1';

/**
 * Likeness' additions to the API, in the order of the documentation: a file in `own/` for each room in `src/areas`. The
 * server's settings are not among them.
 */
export const ownOperations = {
  ...accountabilityOperations,
  ...modelsOperations,
  ...collectionsOperations,
  ...labelsOperations,
  ...peopleOperations,
  ...consentOperations,
  ...encryptionOperations,
  ...retentionOperations,
  ...reviewOperations,
  ...subjectsOperations,
  ...reportsOperations,
  ...similarOperations,
  ...celebritiesOperations,
} as const satisfies Record<string, OwnOperationRow>;

/** The name of one of Likeness' own operations. */
export type OwnOperationName = keyof typeof ownOperations;

/** The request of one of Likeness' own operations, validated. */
export type OwnRequestOf<Name extends OwnOperationName> = FromSchema<(typeof ownOperations)[Name]['request']>;

/** The response of one of Likeness' own operations. */
export type OwnResponseOf<Name extends OwnOperationName> = FromSchema<(typeof ownOperations)[Name]['response']>;
