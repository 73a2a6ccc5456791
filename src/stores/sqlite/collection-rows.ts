import type { CollectionRecord } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { rowChecksum } from './checksums.ts';
import { type Database, selectList } from './database.ts';

/** A row of the collection table; changed in place inside a transaction and written back with {@link saveCollection}. */
export interface CollectionRow {
  readonly number: number;
  readonly id: string;
  condemned: 0 | 1;
  readonly purpose: string;
  model_version: string;
  dimensions: number;
  readonly created_at_ms: number;
  /** JSON object of strings. */
  tags: string;
  last_counter: number;
  last_revision: number;
  face_count: number;
  user_count: number;
  face_sum: number;
  user_sum: number;
  readonly checksum: number;
}

/** What to select of the collection table. */
export const COLLECTION_COLUMNS = selectList({
  numbers: [
    'number',
    'condemned',
    'dimensions',
    'created_at_ms',
    'last_counter',
    'last_revision',
    'face_count',
    'user_count',
    'face_sum',
    'user_sum',
    'checksum',
  ],
  texts: ['id', 'purpose', 'model_version', 'tags'],
});

/** The checksum that a collection's columns should have. */
export function collectionChecksum(row: Omit<CollectionRow, 'checksum' | 'number'>): number {
  return rowChecksum([
    row.id,
    row.condemned,
    row.purpose,
    row.model_version,
    row.dimensions,
    row.created_at_ms,
    row.tags,
    row.last_counter,
    row.last_revision,
    row.face_count,
    row.user_count,
    row.face_sum,
    row.user_sum,
  ]);
}

/** The live collection of this id. @throws {StoreError} corrupt when its row does not bear its checksum */
export function findCollectionRow(database: Database, id: string): CollectionRow | undefined {
  const row = database.get<CollectionRow>(
    `SELECT ${COLLECTION_COLUMNS} FROM collection WHERE id = ? AND condemned = 0`,
    [id],
  );
  if (row !== undefined && (row.id !== id || collectionChecksum(row) !== row.checksum)) {
    throw new StoreError('corrupt', `the row of collection ${id} does not bear its checksum`);
  }
  return row;
}

/** Writes back what may change of a collection. */
export function saveCollection(database: Database, row: CollectionRow): void {
  database.run(
    `UPDATE collection SET condemned = ?, model_version = ?, dimensions = ?, tags = ?, last_counter = ?, last_revision = ?, face_count = ?,
       user_count = ?, face_sum = ?, user_sum = ?, checksum = ? WHERE number = ?`,
    [
      row.condemned,
      row.model_version,
      row.dimensions,
      row.tags,
      row.last_counter,
      row.last_revision,
      row.face_count,
      row.user_count,
      row.face_sum,
      row.user_sum,
      collectionChecksum(row),
      row.number,
    ],
  );
}

/** A row in the words of the port. */
export function toCollectionRecord(row: CollectionRow): CollectionRecord {
  return {
    id: row.id,
    purpose: row.purpose,
    modelVersion: row.model_version,
    createdAtMs: row.created_at_ms,
    faceCount: row.face_count,
    userCount: row.user_count,
  };
}
