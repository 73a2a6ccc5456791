import type { OwnOperationRow } from './row.ts';

/** Reports that the server signs. */
export const reportsOperations = {} as const satisfies Record<string, OwnOperationRow>;
