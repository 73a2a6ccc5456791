import type { OwnOperationRow } from './row.ts';

/** Retention, erasure, legal holds, backups, encryption. */
export const retentionOperations = {} as const satisfies Record<string, OwnOperationRow>;
