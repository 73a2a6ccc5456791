import { subtractChecksum } from './checksums.ts';
import type { CollectionRow } from './collection-rows.ts';
import type { CollectionTables } from './collection-tables.ts';
import type { FaceRow } from './face-rows.ts';
import { groupOf } from './schema.ts';

/**
 * Deletes faces with what was noted of their use and staged of them, and the keys that nothing uses any more. Inside a transaction; the
 * caller saves the collection.
 *
 * @returns the data keys destroyed; that of an unnamed face goes with its row
 */
export function deleteFaceRows(tables: CollectionTables, collection: CollectionRow, rows: readonly FaceRow[]): number {
  const { database } = tables;
  for (const row of rows) {
    database.run('DELETE FROM face WHERE position = ?', [row.position]);
    database.run('DELETE FROM face_use WHERE position = ?', [row.position]);
    database.run('DELETE FROM staged_face WHERE position = ?', [row.position]);
    tables.files?.noteDeleted(collection.number, groupOf(row.position));
    collection.face_count--;
    collection.face_sum = subtractChecksum(collection.face_sum, row.checksum);
  }
  const names = rows.flatMap((row) => row.external_image_id ?? []);
  return rows.length - names.length + destroyUnusedKeys(tables, collection, names);
}

/** Destroys the keys of those names that are neither a face's external image id nor a user's id any more. */
export function destroyUnusedKeys(
  { database, vault }: CollectionTables,
  collection: CollectionRow,
  names: readonly string[],
): number {
  let destroyed = 0;
  for (const name of new Set(names)) {
    const used = database.get<{ n: number }>(
      `SELECT EXISTS (SELECT 1 FROM face WHERE collection_number = ?1 AND external_image_id = ?2)
           OR EXISTS (SELECT 1 FROM user WHERE collection_number = ?1 AND user_id = ?2) AS n`,
      [collection.number, name],
    );
    if (used?.n === 0 && vault.of(collection).destroySubjectKey(name)) destroyed++;
  }
  return destroyed;
}
