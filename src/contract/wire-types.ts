import type * as Sdk from '@aws-sdk/client-rekognition';
import type { OperationName } from './operations.ts';

type SdkClasses = typeof Sdk;
type CommandOf<Op extends OperationName> = InstanceType<SdkClasses[`${Op}Command`]>;

/** The request of a Rekognition operation as the AWS SDK types it: blobs are Uint8Array, timestamps Date. */
export type RequestOf<Op extends OperationName> = CommandOf<Op>['input'];

/** The response of a Rekognition operation as the AWS SDK types it, without the SDK's own metadata. */
export type ResponseOf<Op extends OperationName> =
  CommandOf<Op> extends {
    resolveMiddleware(...args: never[]): (...handlerArgs: never[]) => Promise<{ output: infer Output }>;
  }
    ? Omit<Output, '$metadata'>
    : never;
