import { type CollectionTables, faceSpace } from './collection-tables.ts';
import { POSITIONS_PER_COLLECTION } from './schema.ts';

/** What lies in a collection beside its rows, in numbers; more of it than rows means that something was left behind. */
export interface CollectionTally {
  readonly faces: number;
  /** Data keys of names; an unnamed face has none of its own. */
  readonly subjectKeys: number;
  /** Vectors of faces in the index. */
  readonly faceVectors: number;
  /** Templates that were staged for another face model and whose face is gone. */
  readonly stagedStrays: number;
}

/** Counts what lies in a collection; undefined when there is none. @throws {StoreError} corrupt */
export function tallyCollection(tables: CollectionTables, collectionId: string): CollectionTally | undefined {
  const collection = tables.find(collectionId);
  if (collection === undefined) return undefined;
  const keys = tables.database.get<{ n: number }>('SELECT count(*) AS n FROM subject_key WHERE collection_number = ?', [
    collection.number,
  ]);
  const first = collection.number * POSITIONS_PER_COLLECTION;
  const strays = tables.database.get<{ n: number }>(
    `SELECT count(*) AS n FROM staged_face WHERE position > ?1 AND position < ?2
       AND (NOT EXISTS (SELECT 1 FROM face WHERE face.position = staged_face.position)
         OR NOT EXISTS (SELECT 1 FROM staging WHERE collection_number = ?3))`,
    [first, first + POSITIONS_PER_COLLECTION, collection.number],
  );
  return {
    faces: collection.face_count,
    subjectKeys: keys?.n ?? 0,
    faceVectors: tables.index.size(faceSpace(collection)),
    stagedStrays: strays?.n ?? 0,
  };
}
