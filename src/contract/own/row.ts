import type { RoleName } from '../../shared/role-names.ts';
import type { JsonSchema, ObjectSchema } from '../json-schema.ts';
import type { ErrorCode } from '../service-error.ts';

/** One of Likeness' own operations: JSON under `/likeness/v1`, signed as the Rekognition API is. */
export interface OwnOperationRow {
  readonly method: 'GET' | 'POST';
  /** Below the prefix; without variables. */
  readonly path: string;
  readonly summary: string;
  /** Who may call it; `any`: every person with a key; `token`: whoever has the token of a receipt, without a signature. */
  readonly roles: readonly RoleName[] | 'any' | 'token';
  /**
   * `collection`: about the one that the member `collectionId` names; `gallery`: about the configured gallery of public
   * figures, without which it is refused; `gallery-if-any`: about that where it stands; absent: about none.
   */
  readonly subject?: 'collection' | 'gallery' | 'gallery-if-any';
  /** Members of the query for GET, of the JSON body for POST. */
  readonly request: ObjectSchema;
  readonly response: JsonSchema;
  readonly errors: readonly ErrorCode[];
}
