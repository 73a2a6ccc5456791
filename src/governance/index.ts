export type { Answer, Call, Dispatch } from './call.ts';
export type { Caller } from './caller.ts';
export type {
  Capabilities,
  CapabilityName,
  CollectionCatalog,
  CollectionReader,
  FaceMatcher,
  FaceSearch,
  FaceWriter,
  Idempotency,
  ImageReader,
  PageTokens,
  RequestedImage,
  Similar,
  TagWriter,
  UserWriter,
} from './capabilities.ts';
export type { Grant } from './grant.ts';
export { type AnyOperation, defineOperation, type Operation, type RunContext } from './operation.ts';
