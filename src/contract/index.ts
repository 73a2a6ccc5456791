export { collectionArn } from './arn.ts';
export { addShapes, type FromSchema, type JsonSchema, type ObjectSchema } from './json-schema.ts';
export { limits } from './limits.ts';
export { openApiDocument } from './openapi.ts';
export {
  type Area,
  type BuiltOperationName,
  commonErrors,
  type OperationName,
  type OperationRow,
  operations,
} from './operations.ts';
export {
  type ConsentMethod,
  consentMethods,
  type SignedConsentReceipt,
  type SignedWithdrawal,
} from './own/consent-receipt.ts';
export {
  type OwnOperationName,
  type OwnOperationRow,
  type OwnRequestOf,
  type OwnResponseOf,
  ownOperations,
  ownPathPrefix,
} from './own-operations.ts';
export { type ErrorCode, errorStatus, ServiceError } from './service-error.ts';
export { type Constraints, readConstraints, type Shape, type ShapeTable, shapeOf } from './shapes.ts';
export { renderSupportTable } from './support-table.ts';
export { Base64Text, BodyTypeError, typedBody } from './typed-body.ts';
export { type ConstraintCheck, createConstraintCheck, violationsMessage } from './violations.ts';
export type { RequestOf, ResponseOf } from './wire-types.ts';
