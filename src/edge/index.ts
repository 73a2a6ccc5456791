export {
  createEdge,
  type Edge,
  type EdgeAddress,
  type EdgeLimits,
  type EdgeParts,
  UnsafeHostError,
} from './create-edge.ts';
export type { Signing } from './identity.ts';
export type { EdgeLogger } from './logger.ts';
export type { FindKey, SigningKey } from './sigv4/verifier.ts';
