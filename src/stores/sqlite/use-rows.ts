import type { CollectionStore } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { rowChecksum } from './checksums.ts';
import type { CollectionTables } from './collection-tables.ts';
import { type Database, selectList } from './database.ts';
import { FACE_COLUMNS, type FaceRow, toFaceRecord, verifyFace } from './face-rows.ts';
import { knownFaces } from './face-steps.ts';

interface UseRow {
  readonly position: number;
  readonly used_at_ms: number;
  readonly checksum: number;
}

type UseSteps = Pick<CollectionStore, 'markUsed' | 'facesDue'>;

const DAY_MS = 86_400_000;
const USE_COLUMNS = selectList({ numbers: ['position', 'used_at_ms', 'checksum'] });

/** The last day, as its first millisecond, on which any of the faces at these positions was used. @throws {StoreError} corrupt */
export function lastUseOf(database: Database, positions: readonly number[]): number | undefined {
  const rows = database
    .all<UseRow>(`SELECT ${USE_COLUMNS} FROM face_use WHERE position IN (SELECT value FROM json_each(?))`, [
      JSON.stringify(positions),
    ])
    .map(verifyUse);
  return rows.length === 0 ? undefined : rows.reduce((last, row) => Math.max(last, row.used_at_ms), 0);
}

/** The part of the store that knows how old faces are and when they were used: to the day, which is all retention needs. */
export function createUseSteps(tables: CollectionTables): UseSteps {
  const { database } = tables;

  return {
    async markUsed(collectionId, faceIds, atMs) {
      const day = Math.floor(atMs / DAY_MS) * DAY_MS;
      await tables.changeTogether(collectionId, (collection) => {
        for (const { position } of knownFaces(tables, collection, faceIds).values()) {
          if ((lastUseOf(database, [position]) ?? 0) >= day) continue;
          database.run('INSERT OR REPLACE INTO face_use (position, used_at_ms, checksum) VALUES (?, ?, ?)', [
            position,
            day,
            rowChecksum([position, day]),
          ]);
        }
      });
    },

    async facesDue(collectionId, { storedBeforeMs, unusedSinceMs, limit }) {
      return tables.read(collectionId, (collection) => {
        const select = (before: number, more: string, values: readonly number[]): readonly FaceRow[] =>
          database
            .all<FaceRow>(
              `SELECT ${FACE_COLUMNS} FROM face WHERE collection_number = ? AND stored_at_ms < ? ${more}
               ORDER BY face.stored_at_ms, face.position LIMIT ?`,
              [collection.number, before, ...values, limit],
            )
            .map((row) => verifyFace(row, collection));
        const old = storedBeforeMs === undefined ? [] : select(storedBeforeMs, '', []);
        const idle =
          unusedSinceMs === undefined
            ? []
            : select(
                unusedSinceMs,
                'AND NOT EXISTS (SELECT 1 FROM face_use WHERE face_use.position = face.position AND used_at_ms >= ?)',
                // A use on the very day of the limit counts as after it: only the day is known.
                [Math.floor(unusedSinceMs / DAY_MS) * DAY_MS],
              );
        const due = new Map([...old, ...idle].map((row) => [row.position, row]));
        return [...due.values()]
          .sort((a, b) => a.stored_at_ms - b.stored_at_ms || a.position - b.position)
          .slice(0, limit)
          .map(toFaceRecord);
      });
    },
  };
}

function verifyUse(row: UseRow): UseRow {
  if (rowChecksum([row.position, row.used_at_ms]) !== row.checksum) {
    throw new StoreError('corrupt', 'what is noted of the use of a face does not bear its checksum');
  }
  return row;
}
