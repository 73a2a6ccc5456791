import type { Caller } from './caller.ts';

/** A verified, parsed and validated request on its way to the gate. */
export interface Call {
  readonly requestId: string;
  readonly caller: Caller;
  /** A row of the operations table, or of Likeness' own operations. */
  readonly operation: string;
  /** The request in AWS's shape, validated, without defaults filled in. */
  readonly request: unknown;
  readonly signal: AbortSignal;
}

/** What the gate and the operation made of a call. */
export interface Answer {
  readonly response: unknown;
  /**
   * `x-likeness-*`: policy digest, purpose, the effective threshold where the floor raised it, withheld attributes, the
   * review case that was opened.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** The one way from the edge, the library and the command line to any operation: through the gate. */
export type Dispatch = (call: Call) => Promise<Answer>;
