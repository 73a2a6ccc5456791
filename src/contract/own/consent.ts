import type { OwnOperationRow } from './row.ts';

/** Consent receipts. */
export const consentOperations = {} as const satisfies Record<string, OwnOperationRow>;
