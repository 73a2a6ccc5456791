import type { OwnOperationRow } from './row.ts';

/** What a person in a picture may see and do, with the token of a receipt. */
export const subjectsOperations = {} as const satisfies Record<string, OwnOperationRow>;
