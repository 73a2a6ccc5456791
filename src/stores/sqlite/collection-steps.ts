import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CollectionStore } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import {
  COLLECTION_COLUMNS,
  type CollectionRow,
  collectionChecksum,
  saveCollection,
  toCollectionRecord,
} from './collection-rows.ts';
import { createSpaces, dropSpaces } from './collection-spaces.ts';
import type { CollectionTables } from './collection-tables.ts';
import type { Database } from './database.ts';
import { POSITIONS_PER_COLLECTION } from './schema.ts';

/** Rows erased per transaction, so that deleting a large collection does not hold up everyone else. */
const ERASE_SLICE = 2000;

type CollectionSteps = Pick<
  CollectionStore,
  | 'createCollection'
  | 'findCollection'
  | 'listCollections'
  | 'countCollections'
  | 'deleteCollection'
  | 'tags'
  | 'putTags'
  | 'removeTags'
>;

/** The part of the store that makes, finds, tags and deletes collections. */
export function createCollectionSteps(tables: CollectionTables): CollectionSteps {
  const { database, vault } = tables;

  return {
    async createCollection({ id, purpose, modelVersion, dimensions, tags, createdAtMs }) {
      const columns = {
        id,
        condemned: 0,
        purpose,
        model_version: modelVersion,
        dimensions,
        created_at_ms: createdAtMs,
        tags: JSON.stringify(tags),
        last_counter: 0,
        last_revision: 0,
        face_count: 0,
        user_count: 0,
        face_sum: 0,
        user_sum: 0,
      } as const;
      const row = database.write(() =>
        tables.guard(id, () => {
          if (tables.find(id) !== undefined) {
            throw new StoreError('collection-exists', `there is a collection ${id} already`);
          }
          const names = Object.keys(columns);
          database.run(
            `INSERT INTO collection (${names.join(', ')}, checksum) VALUES (${names.map(() => '?').join(', ')}, ?)`,
            [...Object.values(columns), collectionChecksum(columns)],
          );
          const made = tables.find(id);
          if (made !== undefined) vault.makeKeys(made.number);
          return made;
        }),
      );
      if (row === undefined) throw new StoreError('corrupt', `collection ${id} was not there after it was stored`);
      tables.follow(id, () => {
        createSpaces(tables, row);
      });
      return toCollectionRecord(row);
    },

    async findCollection(collectionId, { evenDamaged = false } = {}) {
      const row = evenDamaged ? tables.findDamaged(collectionId) : tables.find(collectionId);
      return row === undefined ? undefined : toCollectionRecord(row);
    },

    async listCollections({ afterId, limit }) {
      const rows: CollectionRow[] = [];
      let after = afterId ?? '';
      while (rows.length < limit) {
        const page = database.all<CollectionRow>(
          `SELECT ${COLLECTION_COLUMNS} FROM collection WHERE condemned = 0 AND collection.id > ?
           ORDER BY collection.id LIMIT ?`,
          [after, limit - rows.length],
        );
        // A row that does not bear its checksum is left out here and refused by name everywhere else.
        rows.push(...page.filter((row) => collectionChecksum(row) === row.checksum));
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
      return rows.map(toCollectionRecord);
    },

    async countCollections() {
      return database.get<{ n: number }>('SELECT count(*) AS n FROM collection WHERE condemned = 0')?.n ?? 0;
    },

    async deleteCollection(collectionId) {
      // Not guarded: deleting is what an operator may do with a damaged collection.
      const condemned = database.write(() => {
        const row = database.get<CollectionRow>(
          `SELECT ${COLLECTION_COLUMNS} FROM collection WHERE id = ? AND condemned = 0`,
          [collectionId],
        );
        if (row === undefined || !tables.isMeant(row)) return undefined;
        row.condemned = 1;
        saveCollection(database, row);
        // Without its keys nothing of it can be opened, however long erasing its rows takes.
        vault.destroyKeys(row.number);
        return { row, erased: eraseSlice(database, row.number) };
      });
      if (condemned === undefined) return false;
      dropSpaces(tables, condemned.row);
      tables.release(collectionId);
      if (!condemned.erased) await eraseCollection(database, condemned.row.number);
      await tables.scrub();
      return true;
    },

    async tags(collectionId) {
      return tables.read(collectionId, parseTags);
    },

    async putTags(collectionId, tags, limit) {
      tables.change(collectionId, (collection) => {
        const next = { ...parseTags(collection), ...tags };
        if (Object.keys(next).length > limit) {
          throw new StoreError('tag-limit', `collection ${collectionId} would have more than ${limit} tags`);
        }
        collection.tags = JSON.stringify(next);
        saveCollection(database, collection);
      });
    },

    async removeTags(collectionId, keys) {
      const gone = new Set(keys);
      tables.change(collectionId, (collection) => {
        const kept = Object.entries(parseTags(collection)).filter(([key]) => !gone.has(key));
        collection.tags = JSON.stringify(Object.fromEntries(kept));
        saveCollection(database, collection);
      });
    },
  };
}

function parseTags(collection: CollectionRow): Readonly<Record<string, string>> {
  return JSON.parse(collection.tags) as Record<string, string>;
}

/** Erases what deletions that were cut short have left. */
export async function eraseCondemnedCollections(database: Database): Promise<void> {
  for (const { number } of database.all<{ number: number }>('SELECT number FROM collection WHERE condemned = 1')) {
    await eraseCollection(database, number);
  }
}

async function eraseCollection(database: Database, number: number): Promise<void> {
  while (!database.write(() => eraseSlice(database, number))) await nextTurn();
}

/** Erases up to a slice of a condemned collection's faces, and the rest of it once they are gone; true when it is all gone. */
function eraseSlice(database: Database, number: number): boolean {
  const first = number * POSITIONS_PER_COLLECTION;
  database.run('DELETE FROM collection_key WHERE collection_number = ?', [number]);
  const erased = database.run(
    'DELETE FROM face WHERE position IN (SELECT position FROM face WHERE position > ? AND position < ? LIMIT ?)',
    [first, first + POSITIONS_PER_COLLECTION, ERASE_SLICE],
  );
  if (erased === ERASE_SLICE) return false;
  for (const table of ['user', 'subject_key', 'plain_remains', 'staging']) {
    database.run(`DELETE FROM ${table} WHERE collection_number = ?`, [number]);
  }
  for (const table of ['face_use', 'staged_face']) {
    database.run(`DELETE FROM ${table} WHERE position > ? AND position < ?`, [first, first + POSITIONS_PER_COLLECTION]);
  }
  database.run('DELETE FROM collection WHERE number = ?', [number]);
  return true;
}
