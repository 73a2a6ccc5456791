import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IndexFiles } from '../index-files/index-files.ts';
import { StoreError } from '../ports/errors.ts';
import { IndexMemoryError } from '../ports/vectors.ts';
import { CODED_FROM } from '../vectors/space.ts';
import { addChecksum } from './checksums.ts';
import { COLLECTION_COLUMNS, type CollectionRow, collectionChecksum, findCollectionRow } from './collection-rows.ts';
import { createSpaces, dropSpaces, fileOwner } from './collection-spaces.ts';
import { type CollectionTables, faceSpace, userSpace } from './collection-tables.ts';
import { selectList } from './database.ts';
import { addUp, groupsOf, positionsOf, recountGroups } from './face-groups.ts';
import { facePage, TemplateMean, turnedTemplateOf } from './face-rows.ts';
import { groupOf, POSITIONS_PER_GROUP } from './schema.ts';
import { plainCollections } from './seal-plain-rows.ts';
import { USER_COLUMNS, type UserRow, verifyUser } from './user-steps.ts';
import type { OpenedSubjectKeys } from './vault.ts';

const PAGE = 2000;

/**
 * Fills the index, from its files where these are of the very rows, and from the rows for what is missing. Rows that
 * are read are verified, and so is that none is missing; the rows of what came from files are verified later, by
 * {@link finishLoading}. A collection that fails is quarantined and holds nothing in the index; the others go on.
 *
 * @param files absent: everything comes from the rows
 * @returns the collections that came from files
 * @throws {StoreError} corrupt when not even the list of collections can be read
 */
export async function loadCollections(
  tables: CollectionTables,
  files: IndexFiles | undefined,
): Promise<readonly CollectionRow[]> {
  const collections = tables.database.all<CollectionRow>(
    `SELECT ${COLLECTION_COLUMNS} FROM collection WHERE condemned = 0 ORDER BY collection.number`,
  );
  const plain = plainCollections(tables.database);
  const fromFiles: CollectionRow[] = [];
  await files?.removeOthers(new Set(collections.map(({ number }) => number)));
  for (const collection of collections) {
    if (collectionChecksum(collection) !== collection.checksum) {
      tables.quarantineRow(collection.id);
      continue;
    }
    try {
      if (plain.has(collection.number)) throw new StoreError('corrupt', 'its templates could not all be encrypted');
      if (findCollectionRow(tables.database, collection.id)?.number !== collection.number) {
        throw new StoreError('corrupt', 'it is not found by its id');
      }
      if (files !== undefined && (await loadFromFile(tables, files, collection))) fromFiles.push(collection);
      else await loadCollection(tables, collection);
    } catch (error) {
      if (error instanceof IndexMemoryError) {
        // Its file stays: it will be read where there is room.
        tables.index.dropSpace(faceSpace(collection));
        tables.index.dropSpace(userSpace(collection));
        tables.refuseForMemory(collection.id, error);
        continue;
      }
      dropSpaces(tables, collection);
      if (error instanceof StoreError && error.code === 'corrupt') tables.quarantine(collection.id, error.message);
      else throw error;
    }
  }
  await files?.settle();
  return fromFiles;
}

/** False when the collection is to be loaded from its rows. */
async function loadFromFile(tables: CollectionTables, files: IndexFiles, collection: CollectionRow): Promise<boolean> {
  const { database, index } = tables;
  const owner = fileOwner(tables, collection);
  if (collection.face_count < CODED_FROM) {
    await files.discard(owner);
    return false;
  }
  const groups = groupsOf(database, collection);
  if (!addUp(groups, collection)) {
    await files.discard(owner);
    return false;
  }
  const present = await files.load(owner, groups, (mean) => createSpaces(tables, collection, mean));
  if (present === undefined) return false;
  loadUsers(tables, collection);
  const vault = tables.vault.of(collection);
  const opened: OpenedSubjectKeys = new Map();
  for (const [group, state] of groups) {
    if (present.has(group)) continue;
    const { first, end } = positionsOf(collection, group);
    const rows = facePage(database, collection, { after: first - 1, before: end, limit: POSITIONS_PER_GROUP });
    const sum = rows.reduce((sum, { checksum }) => addChecksum(sum, checksum), 0);
    if (rows.length !== state.faces || sum !== state.sum) throw missingFaces(collection);
    index.put(
      faceSpace(collection),
      rows.map((row) => ({ id: row.face_id, vector: turnedTemplateOf(vault, row, opened), group })),
    );
    opened.clear();
    await nextTurn();
  }
  return true;
}

function missingFaces(collection: CollectionRow): StoreError {
  return new StoreError('corrupt', `it should have ${collection.face_count} faces and these are not all of them`);
}

async function loadCollection(tables: CollectionTables, collection: CollectionRow): Promise<void> {
  const { database, index } = tables;
  createSpaces(tables, collection);
  index.reserve(faceSpace(collection), collection.face_count);
  const means = loadUsers(tables, collection);
  const vault = tables.vault.of(collection);
  const opened: OpenedSubjectKeys = new Map();
  const named = new Map<string, number>();

  let count = 0;
  let sum = 0;
  let after = 0;
  for (;;) {
    const rows = facePage(database, collection, { after, limit: PAGE });
    const vectors = rows.map((row) => ({
      id: row.face_id,
      vector: turnedTemplateOf(vault, row, opened),
      group: groupOf(row.position),
    }));
    for (const [i, row] of rows.entries()) {
      sum = addChecksum(sum, row.checksum);
      if (row.external_image_id !== null) {
        named.set(row.external_image_id, (named.get(row.external_image_id) ?? 0) + 1);
      }
      if (row.user_id === null) continue;
      const mean = means.get(row.user_id);
      const template = vectors[i]?.vector;
      if (mean === undefined || template === undefined) {
        throw new StoreError('corrupt', 'a face belongs to a user that is not there');
      }
      mean.add(template);
    }
    index.put(faceSpace(collection), vectors);
    count += rows.length;
    after = rows.at(-1)?.position ?? after;
    if (rows.length < PAGE) break;
    await nextTurn();
  }
  if (count !== collection.face_count || sum !== collection.face_sum) {
    throw missingFaces(collection);
  }
  if (!addUp(groupsOf(database, collection), collection)) database.write(() => recountGroups(database, collection));
  requireUsersIndex(tables, collection, means);
  requireNamesIndex(tables, collection, named);

  index.put(
    userSpace(collection),
    [...means].flatMap(([id, mean]) => {
      const vector = mean.mean();
      return vector === undefined ? [] : [{ id, vector }];
    }),
  );
}

/** The index that finds a user's faces must know as many as the rows say. */
function requireUsersIndex(
  { database }: CollectionTables,
  collection: CollectionRow,
  means: ReadonlyMap<string, TemplateMean>,
): void {
  const counts = database.all<{ user_id: string; n: number }>(
    `SELECT ${selectList({ texts: ['user_id'] })}, count(*) AS n FROM face INDEXED BY face_by_user
     WHERE collection_number = ? AND user_id IS NOT NULL GROUP BY face.user_id`,
    [collection.number],
  );
  const withFaces = [...means.values()].filter((mean) => mean.count > 0).length;
  if (counts.length !== withFaces || counts.some(({ user_id, n }) => means.get(user_id)?.count !== n)) {
    throw new StoreError('corrupt', 'the faces of its users are not found by their user');
  }
}

/** The index that finds the faces of a name must know as many as the rows say: erasing goes by it. */
function requireNamesIndex(
  { database }: CollectionTables,
  collection: CollectionRow,
  named: ReadonlyMap<string, number>,
): void {
  const counts = database.all<{ external_image_id: string; n: number }>(
    `SELECT ${selectList({ texts: ['external_image_id'] })}, count(*) AS n FROM face INDEXED BY face_by_name
     WHERE collection_number = ? AND external_image_id IS NOT NULL GROUP BY face.external_image_id`,
    [collection.number],
  );
  if (counts.length !== named.size || counts.some(({ external_image_id, n }) => named.get(external_image_id) !== n)) {
    throw new StoreError('corrupt', 'its faces are not found by their external image id');
  }
}

function loadUsers({ database }: CollectionTables, collection: CollectionRow): ReadonlyMap<string, TemplateMean> {
  const means = new Map<string, TemplateMean>();
  const users = database.all<Omit<UserRow, 'face_count'>>(
    `SELECT ${USER_COLUMNS} FROM user WHERE collection_number = ?`,
    [collection.number],
  );
  let sum = 0;
  for (const user of users) {
    sum = addChecksum(sum, verifyUser(user).checksum);
    means.set(user.user_id, new TemplateMean(collection.dimensions));
  }
  if (users.length !== collection.user_count || sum !== collection.user_sum) {
    throw new StoreError('corrupt', `it should have ${collection.user_count} users and these are not all of them`);
  }
  return means;
}
