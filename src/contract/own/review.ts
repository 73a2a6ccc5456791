import type { OwnOperationRow } from './row.ts';

/** Review of candidates before release, cannot-links, minors. */
export const reviewOperations = {} as const satisfies Record<string, OwnOperationRow>;
