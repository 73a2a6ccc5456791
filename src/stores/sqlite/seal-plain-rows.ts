import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreError } from '../ports/errors.ts';
import { addChecksum, rowChecksum, subtractChecksum } from './checksums.ts';
import { COLLECTION_COLUMNS, type CollectionRow, collectionChecksum, saveCollection } from './collection-rows.ts';
import { type Database, selectList } from './database.ts';
import { FACE_COLUMNS, type FaceRow, faceChecksum } from './face-rows.ts';
import { POSITIONS_PER_COLLECTION } from './schema.ts';
import { decodeTemplate, encodeTemplate } from './template-codec.ts';
import type { Vault } from './vault.ts';

const SLICE = 1000;

/** Numbers of the collections of which templates stand in plain text. */
export function plainCollections(database: Database): ReadonlySet<number> {
  const rows = database.all<{ number: number }>(
    'SELECT collection_number AS number FROM plain_remains WHERE collection_number > 0',
  );
  return new Set(rows.map(({ number }) => number));
}

/**
 * Seals the templates that the first version of the schema kept in plain text, then rewrites the file and empties the
 * log, so that no page holds one any more. Goes on where a kill stopped it: rows and how far they are sealed change
 * together. What can't be read stays for the next opening, and its collection in quarantine.
 *
 * A row that does not bear its checksum is sealed as it stands and keeps a wrong one. The time of storing was not kept:
 * it becomes the earliest it can have been, when the collection was made.
 */
export async function sealPlainRows(database: Database, vault: Vault): Promise<void> {
  if (database.all('SELECT collection_number FROM plain_remains').length === 0) return;
  for (const number of plainCollections(database)) {
    try {
      await sealCollection(database, vault, number);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  if (plainCollections(database).size === 0) rewriteFile(database, 'collection_number');
}

/**
 * Rewrites a database file, whose freed pages may still hold what was plain, and crosses that off the list.
 *
 * @param column of plain_remains: 0 stands for the file
 */
export function rewriteFile(database: Database, column: 'collection_number' | 'number'): void {
  try {
    database.run('VACUUM');
  } catch (error) {
    if (isDamage(error)) return;
    throw error;
  }
  if (database.truncateLog()) database.run(`DELETE FROM plain_remains WHERE ${column} = 0`);
}

function isDamage(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'corrupt';
}

async function sealCollection(database: Database, vault: Vault, number: number): Promise<void> {
  // In a transaction of its own: keys that were used and then rolled back would be remembered by the vault.
  database.write(() => vault.makeKeys(number));
  while (!database.write(() => sealSlice(database, vault, number))) await nextTurn();
}

/** Inside a transaction; true when all of the collection is sealed. */
function sealSlice(database: Database, vault: Vault, number: number): boolean {
  const collection = database.get<CollectionRow>(`SELECT ${COLLECTION_COLUMNS} FROM collection WHERE number = ?`, [
    number,
  ]);
  const first = number * POSITIONS_PER_COLLECTION;
  const after = database.get<{ n: number }>(
    'SELECT after_position AS n FROM plain_remains WHERE collection_number = ?',
    [number],
  )?.n;
  const rows = database.all<FaceRow>(
    `SELECT ${FACE_COLUMNS} FROM face WHERE position > ? AND position < ? ORDER BY face.position LIMIT ?`,
    [Math.max(after ?? 0, first), first + POSITIONS_PER_COLLECTION, SLICE],
  );
  const last = rows.at(-1);
  if (collection !== undefined) {
    const sound = collectionChecksum(collection) === collection.checksum;
    for (const row of rows) {
      const checksum = sealRow(database, vault, collection, row);
      collection.face_sum = addChecksum(subtractChecksum(collection.face_sum, row.checksum), checksum);
    }
    if (after === 0) ensureUserKeys(database, vault, collection);
    // Saving a damaged row would make it look sound.
    if (sound) saveCollection(database, collection);
  }
  if (last === undefined || rows.length < SLICE) {
    database.run('DELETE FROM plain_remains WHERE collection_number = ?', [number]);
    return true;
  }
  database.run('UPDATE plain_remains SET after_position = ? WHERE collection_number = ?', [last.position, number]);
  return false;
}

function ensureUserKeys(database: Database, vault: Vault, collection: CollectionRow): void {
  const users = database.all<{ user_id: string }>(
    `SELECT ${selectList({ texts: ['user_id'] })} FROM user WHERE collection_number = ?`,
    [collection.number],
  );
  for (const { user_id } of users) vault.of(collection).ensureSubjectKey(user_id, collection.created_at_ms);
}

/** @returns the row's new checksum */
function sealRow(database: Database, vault: Vault, collection: CollectionRow, row: FaceRow): number {
  const own = vault.of(collection);
  const plain = row.template instanceof ArrayBuffer ? new Uint8Array(row.template) : new Uint8Array();
  const sound =
    plainChecksum(row, plain) === row.checksum &&
    plain.byteLength === collection.dimensions * Float32Array.BYTES_PER_ELEMENT;
  const content = sound ? encodeTemplate(own.rotation.turn(decodeTemplate(plain))) : plain;
  const sealed = own.sealFace(row, content, collection.created_at_ms);
  const storedAtMs = Math.round(collection.created_at_ms);
  const right = faceChecksum({ ...row, stored_at_ms: storedAtMs }, sealed);
  const checksum = sound ? right : (right + 1) % 2 ** 32;
  database.run('UPDATE face SET template = ?, stored_at_ms = ?, checksum = ? WHERE position = ?', [
    sealed,
    storedAtMs,
    checksum,
    row.position,
  ]);
  return checksum;
}

/** As the first version of the schema made it. */
function plainChecksum(row: FaceRow, template: Uint8Array): number {
  return rowChecksum(
    [
      row.position,
      row.collection_number,
      row.face_id,
      row.image_id,
      row.external_image_id,
      row.user_id,
      row.box_left,
      row.box_top,
      row.box_width,
      row.box_height,
      row.confidence,
      row.model_version,
    ],
    template,
  );
}
