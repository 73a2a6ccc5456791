/** An access key as it is stored. Lists that are `*` allow everything. */
export interface KeyRecord {
  readonly accessKeyId: string;
  /** Needed in plain form to check SigV4; never printed after creation, never logged. */
  readonly secretAccessKey: string;
  /** Present on a temporary key: every request must carry it. */
  readonly sessionToken?: string;
  /** Whom the key belongs to; decisions and audit count persons. */
  readonly person: string;
  readonly operations: readonly string[] | '*';
  readonly collections: readonly string[] | '*';
  /** At least one; the first is the purpose of calls without a collection. */
  readonly purposes: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly revokedAtMs?: number;
}

/** Access keys; every find reads afresh, so that a revoked key serves no call more. */
export interface KeyStore {
  put(key: KeyRecord): Promise<void>;
  find(accessKeyId: string): Promise<KeyRecord | undefined>;
  list(): Promise<readonly KeyRecord[]>;
  /** False when there is none or it was revoked before. */
  revoke(accessKeyId: string, atMs: number): Promise<boolean>;
}
