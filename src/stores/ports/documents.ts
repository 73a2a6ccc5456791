/** What a document is about: one kind for each thing that governance keeps. */
export type DocumentKind =
  | 'receipt'
  | 'objection'
  | 'person'
  | 'proposal'
  | 'case'
  | 'review'
  | 'cannot-link'
  | 'minor'
  | 'crop'
  | 'pending-face'
  | 'legal-hold'
  | 'erasure'
  | 'contest'
  | 'backup'
  | 'celebrity'
  | 'transfer'
  | 'setting';

/** A document as it is kept: JSON, sealed at rest; found by its id or by what it is indexed under. */
export interface KeptDocument {
  readonly kind: DocumentKind;
  readonly id: string;
  /** Grows with every change of the document; 1 at first. */
  readonly revision: number;
  readonly body: unknown;
}

/** Names under which a document is found, such as its subject's; kept as keyed hashes, never in plain text. */
export type DocumentNames = Readonly<Record<string, string>>;

/** A page of a listing, in the order of ids. */
export interface DocumentPage {
  readonly afterId?: string;
  readonly limit: number;
}

/** Reads documents; inside a change it sees what the change has written. */
export interface DocumentView {
  /** @throws {StoreError} corrupt when it does not open */
  get(kind: DocumentKind, id: string): KeptDocument | undefined;
  list(kind: DocumentKind, page: DocumentPage): readonly KeptDocument[];
  /** Those that bear this name, exactly. */
  named(kind: DocumentKind, name: string, value: string, page: DocumentPage): readonly KeptDocument[];
  /** Those whose time is at or before `atMs`, earliest first. */
  due(kind: DocumentKind, atMs: number, limit: number): readonly KeptDocument[];
  count(kind: DocumentKind): number;
}

/** Changes documents; all of a change happens, or nothing. */
export interface DocumentChange extends DocumentView {
  /**
   * Writes a document, new or over the one that stands there.
   * @param meta.names replaces all its names
   * @param meta.dueAtMs when someone must look at it next (expiry); see {@link DocumentView.due}
   */
  put(kind: DocumentKind, id: string, body: unknown, meta?: { names?: DocumentNames; dueAtMs?: number }): void;
  /** Overwrites it on disk; false when there was none. */
  remove(kind: DocumentKind, id: string): boolean;
}

/**
 * Keeps what governance knows: receipts, persons, proposals, review cases. Small documents, encrypted, in one database
 * with transactions. Reading is synchronous inside `read` and `change`; neither may await.
 */
export interface DocumentStore {
  /** One consistent view. */
  read<T>(work: (documents: DocumentView) => T): Promise<T>;
  /** One durable transaction; a throw undoes it. */
  change<T>(work: (documents: DocumentChange) => T): Promise<T>;
  /** Removes what deleted documents left in the write-ahead log, before it returns. */
  scrub(): Promise<void>;
}
