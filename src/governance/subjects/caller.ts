import { type OwnOperationName, type OwnOperationRow, ownOperations, ServiceError } from '../../contract/index.ts';
import type { Caller } from '../caller.ts';
import { purposeNames } from '../policy/index.ts';

/** True for an operation that the token of a receipt allows, and nothing else does. */
export function takesToken(operation: string): boolean {
  const rows: Readonly<Record<string, OwnOperationRow>> = ownOperations;
  return Object.hasOwn(rows, operation) && rows[operation]?.roles === 'token';
}

/**
 * Who calls with a token: not a person who works with the server, so without a key, a name or a role. Which subject
 * it is says the token alone; the purpose is that of its receipt.
 */
export const subjectCaller: Caller = {
  accessKeyId: '-',
  person: 'subject',
  operations: (Object.keys(ownOperations) as OwnOperationName[]).filter(takesToken),
  collections: '*',
  purposes: purposeNames,
};

/** One answer for every token that opens nothing, whatever the reason. */
export function unknownToken(): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    'This token opens nothing. Check it letter by letter against your receipt, or ask whoever gave it to you. Read docs/accountability.md#subject-access.',
  );
}
