import { join } from 'node:path';
import { addChecksum, rowChecksum } from '../../src/stores/sqlite/checksums.ts';
import { type Database, openDatabase } from '../../src/stores/sqlite/database.ts';
import { COLLECTION_MIGRATIONS, KEY_MIGRATIONS, POSITIONS_PER_COLLECTION } from '../../src/stores/sqlite/schema.ts';
import { uuid } from './builders.ts';

/** A face of a folder as the first version wrote it: number, template, and whom it belongs to. */
export interface OldFace {
  readonly number: number;
  readonly template: Float32Array;
  readonly externalImageId?: string;
  readonly userId?: string;
}

export const oldCreatedAtMs = 1_600_000_000_000;

/** Writes a collection in the first version's schema: templates and secrets of keys in plain text. */
export function writeOldCollection(
  dataDir: string,
  id: string,
  faces: readonly OldFace[],
  users: readonly string[] = [],
): void {
  const database = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS.slice(0, 1));
  const dimensions = faces[0]?.template.length ?? 8;
  const number = (database.get<{ n: number }>('SELECT count(*) AS n FROM collection')?.n ?? 0) + 1;
  let faceSum = 0;
  let userSum = 0;
  database.write(() => {
    insert(database, 'collection', collectionRow({ number, id, dimensions, faces: 0, users: 0, faceSum, userSum }));
    for (const [i, userId] of users.entries()) {
      const checksum = rowChecksum([number, userId, i + 1]);
      insert(database, 'user', { collection_number: number, user_id: userId, revision: i + 1, checksum });
      userSum = addChecksum(userSum, checksum);
    }
    for (const [i, face] of faces.entries()) {
      const columns = {
        position: number * POSITIONS_PER_COLLECTION + i + 1,
        collection_number: number,
        face_id: uuid(face.number),
        image_id: uuid(1_000_000 + face.number),
        external_image_id: face.externalImageId ?? null,
        user_id: face.userId ?? null,
        box_left: 0.1,
        box_top: 0.2,
        box_width: 0.3,
        box_height: 0.4,
        confidence: 99,
        model_version: '1.0',
      };
      const template = new Uint8Array(Float32Array.from(face.template).buffer);
      const checksum = rowChecksum(Object.values(columns), template);
      insert(database, 'face', { ...columns, template, checksum });
      faceSum = addChecksum(faceSum, checksum);
    }
    const row = collectionRow({ number, id, dimensions, faces: faces.length, users: users.length, faceSum, userSum });
    database.run(
      `UPDATE collection SET ${Object.keys(row)
        .map((column) => `${column} = ?`)
        .join(', ')} WHERE number = ${number}`,
      Object.values(row),
    );
  });
  database.close();
}

/** Writes an access key as the first version kept it. */
export function writeOldKey(dataDir: string, key: Readonly<Record<string, unknown>> & { accessKeyId: string }): void {
  const database = openDatabase(join(dataDir, 'keys.db'), KEY_MIGRATIONS.slice(0, 1));
  const record = JSON.stringify(key);
  insert(database, 'access_key', {
    access_key_id: key.accessKeyId,
    record,
    checksum: rowChecksum([key.accessKeyId, record]),
  });
  database.close();
}

function collectionRow(of: {
  number: number;
  id: string;
  dimensions: number;
  faces: number;
  users: number;
  faceSum: number;
  userSum: number;
}): Record<string, string | number> {
  const columns = {
    id: of.id,
    condemned: 0,
    purpose: 'photo-library',
    model_version: '1.0',
    dimensions: of.dimensions,
    created_at_ms: oldCreatedAtMs,
    tags: '{}',
    last_counter: of.faces,
    last_revision: of.users,
    face_count: of.faces,
    user_count: of.users,
    face_sum: of.faceSum,
    user_sum: of.userSum,
  };
  return { number: of.number, ...columns, checksum: rowChecksum(Object.values(columns)) };
}

function insert(
  database: Database,
  table: string,
  columns: Readonly<Record<string, string | number | null | Uint8Array>>,
): void {
  const names = Object.keys(columns);
  database.run(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    Object.values(columns),
  );
}
