import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../ports/errors.ts';
import { addChecksum } from './checksums.ts';
import type { CollectionRow } from './collection-rows.ts';
import { meanOfUser } from './collection-spaces.ts';
import { type CollectionTables, userSpace } from './collection-tables.ts';
import { selectList } from './database.ts';
import { groupsOf, positionsOf, stateOfGroup } from './face-groups.ts';
import { facePage } from './face-rows.ts';

const USERS_PAGE = 20;
const ROWS_PAGE = 256;
/** Of a thread's time for what is not waited for: one part in so many. */
const SHARE = 4;
/** A group that is changed while its rows are read is read again this often. */
const TRIES = 5;

/**
 * Does what opening from files has put off, while requests are answered: loads the users' vectors, for which searches
 * of users wait, and verifies every row and that the indexes find it. A collection that fails is quarantined. Until
 * then nothing wrong is told of it: what is found comes from rows that are verified when they are read.
 *
 * @param stopped asked between pages
 */
export async function finishLoading(
  tables: CollectionTables,
  collections: readonly CollectionRow[],
  stopped: () => boolean,
): Promise<void> {
  const going = (collection: CollectionRow) => (): boolean => !stopped() && isThere(tables, collection);
  for (const collection of collections) {
    const loading = quarantining(tables, collection, () => loadUserVectors(tables, collection, going(collection)));
    tables.loadingUsers.set(collection.number, loading);
  }
  for (const { number } of collections) {
    await tables.loadingUsers.get(number);
    tables.loadingUsers.delete(number);
  }
  for (const collection of collections) {
    await quarantining(tables, collection, () => verifyRows(tables, collection, going(collection)));
  }
}

/** Whether the very collection is there still, unharmed and of the same model. */
function isThere(tables: CollectionTables, meant: CollectionRow): boolean {
  if (tables.damaged().some(({ collectionId }) => collectionId === meant.id)) return false;
  const now = tables.find(meant.id);
  return now?.number === meant.number && now.model_version === meant.model_version;
}

async function quarantining(
  tables: CollectionTables,
  collection: CollectionRow,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StoreError && error.code === 'closed') return;
    const reason = error instanceof StoreError && error.code === 'corrupt' ? error.message : 'its rows cannot be read';
    tables.quarantine(collection.id, reason);
  }
}

async function loadUserVectors(
  tables: CollectionTables,
  collection: CollectionRow,
  going: () => boolean,
): Promise<void> {
  let after = '';
  while (going()) {
    // In one turn with their rows: what changes later is put by who changes it.
    const users = tables.database.all<{ user_id: string }>(
      `SELECT ${selectList({ texts: ['user_id'] })} FROM user WHERE collection_number = ? AND user.user_id > ?
       ORDER BY user.user_id LIMIT ?`,
      [collection.number, after, USERS_PAGE],
    );
    for (const { user_id } of users) {
      const vector = meanOfUser(tables, collection, user_id).mean();
      if (vector !== undefined) tables.index.put(userSpace(collection), [{ id: user_id, vector }]);
    }
    if (users.length < USERS_PAGE) return;
    after = users.at(-1)?.user_id ?? after;
    await sleep(0);
  }
}

async function verifyRows(tables: CollectionTables, collection: CollectionRow, going: () => boolean): Promise<void> {
  for (const group of groupsOf(tables.database, collection).keys()) {
    for (let attempt = 1; attempt <= TRIES && going(); attempt++) {
      const seen = await readGroup(tables, collection, group, going);
      if (seen === undefined) return;
      if (seen === 'whole') break;
    }
  }
}

/** @returns undefined when it was stopped, `changed` when it cannot be told because of a change meanwhile */
async function readGroup(
  tables: CollectionTables,
  collection: CollectionRow,
  group: number,
  going: () => boolean,
): Promise<'whole' | 'changed' | undefined> {
  const { database } = tables;
  const before = stateOfGroup(database, collection, group);
  const { first, end } = positionsOf(collection, group);
  let faces = 0;
  let sum = 0;
  for (let after = first - 1; going(); ) {
    const started = performance.now();
    const rows = facePage(database, collection, { after, before: end, limit: ROWS_PAGE });
    for (const { checksum } of rows) sum = addChecksum(sum, checksum);
    faces += rows.length;
    const last = rows.at(-1)?.position;
    if (last !== undefined) requireFound(tables, collection, after, last, rows.length);
    if (last === undefined || rows.length < ROWS_PAGE) {
      const now = stateOfGroup(database, collection, group);
      if (now?.faces !== before?.faces || now?.sum !== before?.sum) return 'changed';
      if (faces === (now?.faces ?? 0) && sum === (now?.sum ?? 0)) return 'whole';
      throw new StoreError('corrupt', `it should have ${collection.face_count} faces and these are not all of them`);
    }
    after = last;
    await sleep((SHARE - 1) * (performance.now() - started));
  }
  return undefined;
}

/** Faces must be found by their id, by their name and by their user: erasing goes by these. */
function requireFound(
  { database }: CollectionTables,
  { number }: CollectionRow,
  after: number,
  last: number,
  expected: number,
): void {
  const found = database.get<{ n: number }>(
    `SELECT count(*) AS n FROM face AS own WHERE own.position > ?1 AND own.position <= ?2
       AND EXISTS (SELECT 1 FROM face AS other INDEXED BY face_by_id WHERE other.collection_number = ?3
         AND other.face_id = own.face_id AND other.position = own.position)
       AND (own.external_image_id IS NULL OR EXISTS (SELECT 1 FROM face AS other INDEXED BY face_by_name
         WHERE other.collection_number = ?3 AND other.external_image_id = own.external_image_id
         AND other.position = own.position))
       AND (own.user_id IS NULL OR EXISTS (SELECT 1 FROM face AS other INDEXED BY face_by_user
         WHERE other.collection_number = ?3 AND other.user_id = own.user_id AND other.position = own.position))`,
    [after, last, number],
  );
  if (found?.n !== expected) throw new StoreError('corrupt', 'its faces are not found by their id, name or user');
}
