export { collectionArn } from './arn.ts';
export { limits } from './limits.ts';
export {
  type Area,
  type BuiltOperationName,
  commonErrors,
  type OperationName,
  type OperationRow,
  operations,
} from './operations.ts';
export { type ErrorCode, errorStatus, ServiceError } from './service-error.ts';
export type { RequestOf, ResponseOf } from './wire-types.ts';
