import type { OwnOperationRow } from './row.ts';

/** Persons, roles, keys and what two persons must do together. */
export const peopleOperations = {} as const satisfies Record<string, OwnOperationRow>;
