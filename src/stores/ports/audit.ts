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
