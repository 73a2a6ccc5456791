import type {
  BuiltOperationName,
  OwnOperationName,
  OwnRequestOf,
  OwnResponseOf,
  RequestOf,
  ResponseOf,
} from '../contract/index.ts';
import type { Capabilities, CapabilityName } from './capabilities.ts';

/** What an operation knows of its call beside the request. */
export interface RunContext {
  readonly requestId: string;
  readonly purpose: string;
  readonly signal: AbortSignal;
}

/** An operation of an area: what it needs, and what it does with just that. */
export interface Operation<Request, Response, Needs extends CapabilityName> {
  readonly name: string;
  readonly needs: readonly Needs[];
  run(request: Request, granted: Pick<Capabilities, Needs>, context: RunContext): Promise<Response>;
}

/** An operation whose needs are not spelled out in its type; compose keeps them in one table. */
export interface AnyOperation {
  readonly name: string;
  readonly needs: readonly CapabilityName[];
  run(request: never, granted: never, context: RunContext): Promise<unknown>;
}

/**
 * Defines a Rekognition operation: its code sees only the capabilities it names, so one that only detects does not
 * compile when it tries to embed or search.
 */
export function defineOperation<Name extends BuiltOperationName, Needs extends CapabilityName>(
  name: Name,
  needs: readonly Needs[],
  run: (request: RequestOf<Name>, granted: Pick<Capabilities, Needs>, context: RunContext) => Promise<ResponseOf<Name>>,
): Operation<RequestOf<Name>, ResponseOf<Name>, Needs> {
  return { name, needs, run };
}

/** Defines one of Likeness' own operations, as {@link defineOperation} does one of Rekognition's. */
export function defineOwnOperation<Name extends OwnOperationName, Needs extends CapabilityName>(
  name: Name,
  needs: readonly Needs[],
  run: (
    request: OwnRequestOf<Name>,
    granted: Pick<Capabilities, Needs>,
    context: RunContext,
  ) => Promise<OwnResponseOf<Name>>,
): Operation<OwnRequestOf<Name>, OwnResponseOf<Name>, Needs> {
  return { name, needs, run };
}
