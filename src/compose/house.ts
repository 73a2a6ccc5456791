import type { Config } from '../config/index.ts';
import type { Caller, Dispatch, Policy, RefusedCaller } from '../governance/index.ts';
import type { KeyRecord } from '../stores/ports/index.ts';
import type { PullProgress } from '../vision/models/index.ts';
import type { VisionPool } from '../vision/workers/index.ts';

/** How a house is put together beside its configuration. */
export interface ComposeOptions {
  /** Told while models are fetched and converted. */
  readonly onModelProgress?: (progress: PullProgress) => void;
  /** Told what an operator should know: a worker was replaced, a collection or a model file is damaged. */
  readonly onNotice?: (notice: string) => void;
  /**
   * False: for commands that look at no image; no model is fetched and no worker started. A pool: looks at images in
   * their place. Default true.
   */
  readonly vision?: boolean | VisionPool;
  readonly signal?: AbortSignal;
}

/** How the house is, in counts. */
export interface HouseHealth {
  /** Inference worker processes, those at work, images that wait for one, and workers that were replaced. */
  readonly workers: number;
  readonly busy: number;
  readonly waiting: number;
  readonly replaced: number;
  /** Memory of the search index. */
  readonly indexBytes: number;
  /** Collections that are refused because their data is damaged. */
  readonly quarantinedCollections: number;
}

/**
 * The house as everyone outside compose has it: the server, the library and the command line reach models and stores
 * through {@link House.dispatch} and so through the gate, or not at all.
 */
export interface House {
  readonly config: Config;
  readonly policy: Policy;
  readonly dispatch: Dispatch;
  /** The access key that a signature names, for who checks signatures. */
  findKey(accessKeyId: string): Promise<KeyRecord | undefined>;
  health(): HouseHealth;
  /** Resolves when the models are loaded. @throws {VisionFailedError} when they cannot be */
  ready(): Promise<void>;
  /** What an operator should know of this configuration over this data, a sentence or more each, with what to do. */
  warnings(): Promise<readonly string[]>;
  /** Records a call whose signature did not hold; never waits and never throws. */
  readonly refusedCaller: (caller: RefusedCaller) => void;
  /** The AWS credentials file of the first key. */
  readonly credentialsFile: string;
  /** Who calls when this process itself does: the library, and a server with signatures switched off. */
  readonly localCaller: Caller;
  close(): Promise<void>;
}
