import { VECTORS_PER_GROUP } from '../ports/vectors.ts';
import type { Migration } from './database.ts';

/**
 * A face's position is its collection's number x 2^32 + a counter that never goes back: rows of a collection lie
 * side by side in the file, in the order they were stored, without another index, and damage to a page stays within
 * a collection or two. Good for 2^21 collections of 2^32 faces each before positions leave the safe integers.
 */
export const POSITIONS_PER_COLLECTION = 2 ** 32;

/** Positions of a group, in which the index and its file hold faces. */
export const POSITIONS_PER_GROUP = VECTORS_PER_GROUP;

/** Which of its collection's groups a face is in. */
export function groupOf(position: number): number {
  return Math.floor((position % POSITIONS_PER_COLLECTION) / POSITIONS_PER_GROUP);
}

/**
 * collections.db. Every row carries the checksum of its columns, a collection the sums of its rows' checksums; see
 * checksums.ts. A condemned collection is deleted for everyone and waits for its rows to be erased in slices.
 *
 * Templates are sealed under their subject's key, that under the collection's, that under the keyring: vault.ts. Of a
 * file of the first version `plain_remains` says what is still to be sealed, and with number 0 that freed pages may
 * still hold what was plain; see seal-plain-rows.ts.
 *
 * A staging is a collection's move to another face model: `staged_face` holds, under the face's position, its template
 * by that model, sealed as the face's own is, until the switch; see staging-steps.ts.
 *
 * A group is 4096 positions; `face_group` counts its faces and sums their checksums, so that a file made of a group
 * tells whether it is of these rows; see index-files. Triggers keep it, whoever changes a face.
 */
export const COLLECTION_MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE collection (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    condemned INTEGER NOT NULL CHECK (condemned IN (0, 1)),
    purpose TEXT NOT NULL,
    model_version TEXT NOT NULL,
    dimensions INTEGER NOT NULL CHECK (dimensions > 0),
    created_at_ms INTEGER NOT NULL,
    tags TEXT NOT NULL,
    last_counter INTEGER NOT NULL,
    last_revision INTEGER NOT NULL,
    face_count INTEGER NOT NULL CHECK (face_count >= 0),
    user_count INTEGER NOT NULL CHECK (user_count >= 0),
    face_sum INTEGER NOT NULL,
    user_sum INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX collection_by_id ON collection (id) WHERE condemned = 0;

  CREATE TABLE user (
    collection_number INTEGER NOT NULL REFERENCES collection (number),
    user_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (collection_number, user_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE face (
    position INTEGER PRIMARY KEY,
    collection_number INTEGER NOT NULL REFERENCES collection (number),
    face_id TEXT NOT NULL,
    image_id TEXT NOT NULL,
    external_image_id TEXT,
    user_id TEXT,
    box_left REAL NOT NULL,
    box_top REAL NOT NULL,
    box_width REAL NOT NULL,
    box_height REAL NOT NULL,
    confidence REAL NOT NULL,
    model_version TEXT NOT NULL,
    template BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    FOREIGN KEY (collection_number, user_id) REFERENCES user (collection_number, user_id)
  ) STRICT;
  CREATE UNIQUE INDEX face_by_id ON face (collection_number, face_id);
  CREATE INDEX face_by_image ON face (collection_number, image_id);
  CREATE INDEX face_by_user ON face (collection_number, user_id) WHERE user_id IS NOT NULL;`,
  `ALTER TABLE face ADD COLUMN stored_at_ms INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX face_by_name ON face (collection_number, external_image_id) WHERE external_image_id IS NOT NULL;
  CREATE INDEX face_by_time ON face (collection_number, stored_at_ms);

  CREATE TABLE face_use (
    position INTEGER PRIMARY KEY,
    used_at_ms INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE collection_key (
    collection_number INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE subject_key (
    collection_number INTEGER NOT NULL,
    subject_hash TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (collection_number, subject_hash)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE plain_remains (
    collection_number INTEGER PRIMARY KEY,
    after_position INTEGER NOT NULL
  ) STRICT;
  INSERT INTO plain_remains SELECT number, 0 FROM collection;
  INSERT INTO plain_remains SELECT 0, 0 FROM sqlite_sequence WHERE name = 'collection';`,
  `CREATE TABLE staging (
    collection_number INTEGER PRIMARY KEY,
    model_version TEXT NOT NULL,
    dimensions INTEGER NOT NULL CHECK (dimensions > 0),
    started_at_ms INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE staged_face (
    position INTEGER PRIMARY KEY,
    template BLOB NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;`,
  `CREATE TABLE face_group (
    number INTEGER PRIMARY KEY,
    faces INTEGER NOT NULL,
    sum INTEGER NOT NULL
  ) STRICT;
  INSERT INTO face_group
    SELECT position >> 12, count(*), sum(checksum) % 4294967296 FROM face GROUP BY position >> 12;
  CREATE TRIGGER face_enters_its_group AFTER INSERT ON face BEGIN
    INSERT INTO face_group (number, faces, sum) VALUES (NEW.position >> 12, 1, NEW.checksum)
    ON CONFLICT (number) DO UPDATE SET faces = faces + 1, sum = (sum + NEW.checksum) % 4294967296;
  END;
  CREATE TRIGGER face_changes_in_its_group AFTER UPDATE ON face BEGIN
    UPDATE face_group SET sum = (sum - OLD.checksum + NEW.checksum + 4294967296) % 4294967296
    WHERE number = NEW.position >> 12;
  END;
  CREATE TRIGGER face_leaves_its_group AFTER DELETE ON face BEGIN
    UPDATE face_group SET faces = faces - 1, sum = (sum - OLD.checksum + 4294967296) % 4294967296
    WHERE number = OLD.position >> 12;
    DELETE FROM face_group WHERE number = OLD.position >> 12 AND faces <= 0;
  END;`,
];

/** keys.db; `sealed` holds a key's secrets, see key-store.ts. */
export const KEY_MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE access_key (
    access_key_id TEXT PRIMARY KEY,
    record TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE access_key ADD COLUMN sealed BLOB;
  CREATE TABLE plain_remains (number INTEGER PRIMARY KEY) STRICT;
  INSERT INTO plain_remains SELECT 0 WHERE EXISTS (SELECT 1 FROM access_key);`,
];

/** audit.db. The triggers keep our own mistakes from rewriting it; the hash chain shows everyone else's. */
export const AUDIT_MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER entry_keeps_its_words BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;`,
  `CREATE TABLE node (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    name TEXT NOT NULL
  ) STRICT;
  CREATE TABLE checkpoint (
    sequence INTEGER PRIMARY KEY,
    document TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER node_stays BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER node_keeps_its_name BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER checkpoint_keeps_its_words BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;`,
];

/** requests.db: answers kept for repeated requests. */
export const REQUEST_MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE answer (
    person TEXT NOT NULL,
    operation TEXT NOT NULL,
    token TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (person, operation, token)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answer_by_expiry ON answer (expires_at_ms);`,
];

/** governance.db: sealed documents. Names are keyed hashes; what is due is the only thing told in plain text. */
export const GOVERNANCE_MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE document (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    due_at_ms INTEGER,
    template BLOB NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT;
  CREATE INDEX document_by_due ON document (kind, due_at_ms) WHERE due_at_ms IS NOT NULL;
  CREATE TABLE document_name (
    document_kind TEXT NOT NULL,
    document_id TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (document_kind, document_id, name),
    FOREIGN KEY (document_kind, document_id) REFERENCES document (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX document_by_name ON document_name (document_kind, hash);`,
];
