/** A record as the chain keeps it: `body` is the exact JSON text that was hashed. */
export interface AuditEntry {
  /** 1, 2, 3 ... without a gap. */
  readonly sequence: number;
  readonly body: string;
  /** Hex SHA-256 of the entry before it; 64 zeros for the first. */
  readonly previousHash: string;
  /** Hex SHA-256 over sequence, previousHash and body; see governance/audit. */
  readonly hash: string;
}

/** An append-only log, durable when append has resolved. */
export interface AuditStore {
  /** Appends what `seal` makes of the last entry, atomically against other writers. */
  append(seal: (last: AuditEntry | undefined) => AuditEntry): Promise<AuditEntry>;
  /**
   * Appends several entries in one durable step, all or none; as {@link AuditStore.append} in all else. One sync to
   * disk then carries every record that waited. A store without it is given them one by one.
   */
  appendAll?(seal: (last: AuditEntry | undefined) => readonly AuditEntry[]): Promise<readonly AuditEntry[]>;
  last(): Promise<AuditEntry | undefined>;
  /** In order of sequence, after `afterSequence`. */
  read(page: { afterSequence: number; limit: number }): Promise<readonly AuditEntry[]>;
}

/** A signed checkpoint as it is kept: what it says is governance's. */
export interface KeptCheckpoint {
  /** The entry that it names. */
  readonly sequence: number;
  /** The exact JSON text, without a line break. */
  readonly document: string;
}

/** The checkpoints of a log and the name of the node whose log it is; append-only, kept with the log. */
export interface AuditCheckpointStore {
  /** The node's name; undefined until it has one. */
  node(): Promise<string | undefined>;
  /** Gives the node its name, once and for ever. @returns the name it has, which may be an earlier one */
  nameNode(name: string): Promise<string>;
  /** Durable when it has resolved. @throws {RangeError} when it names no later entry than the last one did */
  append(checkpoint: KeptCheckpoint): Promise<void>;
  last(): Promise<KeptCheckpoint | undefined>;
  /** In order of sequence, after `afterSequence`. */
  read(page: { afterSequence: number; limit: number }): Promise<readonly KeptCheckpoint[]>;
}

/** Where checkpoints are written a second time, out of reach of who can change the log: another disk, another owner. */
export interface CheckpointAnchor {
  /** The last whole checkpoint; undefined when there is none. */
  last(): Promise<string | undefined>;
  /** Adds checkpoints; durable when it has resolved. */
  append(documents: readonly string[]): Promise<void>;
}
