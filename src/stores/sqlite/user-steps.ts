import type { CollectionStore, UserHit, UserRecord } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { addChecksum, rowChecksum, subtractChecksum } from './checksums.ts';
import { type CollectionRow, saveCollection } from './collection-rows.ts';
import { meanOfUser } from './collection-spaces.ts';
import { type CollectionTables, requireRoom, userSpace } from './collection-tables.ts';
import { selectList } from './database.ts';
import { destroyUnusedKeys } from './erase-rows.ts';
import { type FaceRow, faceChecksum, facesOfUser } from './face-rows.ts';
import { knownFaces } from './face-steps.ts';
import { requireTemplate } from './seal-ahead.ts';

/** A row of the user table with the number of its faces; its vector is the mean of theirs and not stored. */
export interface UserRow {
  readonly collection_number: number;
  readonly user_id: string;
  readonly revision: number;
  readonly checksum: number;
  readonly face_count: number;
}

type UserSteps = Pick<
  CollectionStore,
  | 'createUser'
  | 'findUser'
  | 'listUsers'
  | 'deleteUser'
  | 'associateFaces'
  | 'disassociateFaces'
  | 'userTemplate'
  | 'searchUsers'
>;

/** What to select of the user table, but for the number of faces. */
export const USER_COLUMNS = selectList({ numbers: ['collection_number', 'revision', 'checksum'], texts: ['user_id'] });

const SELECT_USERS = `SELECT ${USER_COLUMNS}, (SELECT count(*) FROM face
    WHERE face.collection_number = user.collection_number AND face.user_id = user.user_id) AS face_count
  FROM user WHERE collection_number = ?`;

/** Hands a row through when it bears its checksum. @throws {StoreError} corrupt */
export function verifyUser<Row extends Omit<UserRow, 'face_count'>>(row: Row): Row {
  if (userChecksum(row) !== row.checksum) {
    throw new StoreError('corrupt', 'the row of a user does not bear its checksum');
  }
  return row;
}

/** The verified row of a user. @throws {StoreError} corrupt */
export function findUserRow(
  { database }: CollectionTables,
  collection: CollectionRow,
  userId: string,
): UserRow | undefined {
  const row = database.get<UserRow>(`${SELECT_USERS} AND user_id = ?`, [collection.number, userId]);
  return row === undefined ? undefined : verifyUser(row);
}

/**
 * Draws the user's next revision after its faces have changed, and its vector from the faces it has now. Inside a
 * transaction; saves the collection.
 */
export function renewUser(
  tables: CollectionTables,
  collection: CollectionRow,
  user: UserRow,
): { user: UserRow; template: Float32Array | undefined } {
  collection.last_revision++;
  const next = { ...user, revision: collection.last_revision };
  const checksum = userChecksum(next);
  tables.database.run('UPDATE user SET revision = ?, checksum = ? WHERE collection_number = ? AND user_id = ?', [
    next.revision,
    checksum,
    collection.number,
    user.user_id,
  ]);
  collection.user_sum = addChecksum(subtractChecksum(collection.user_sum, user.checksum), checksum);
  saveCollection(tables.database, collection);
  const mean = meanOfUser(tables, collection, user.user_id);
  return { user: { ...next, checksum, face_count: mean.count }, template: mean.mean() };
}

/** Deletes a user that has no faces any more, and its key unless faces bear its name. The caller saves the collection. */
export function deleteUserRow(tables: CollectionTables, collection: CollectionRow, user: UserRow): number {
  tables.database.run('DELETE FROM user WHERE collection_number = ? AND user_id = ?', [
    collection.number,
    user.user_id,
  ]);
  collection.user_count--;
  collection.user_sum = subtractChecksum(collection.user_sum, user.checksum);
  return destroyUnusedKeys(tables, collection, [user.user_id]);
}

/** Lets the index follow a user's vector; undefined: it has no faces. */
export function indexUser(
  tables: CollectionTables,
  collection: CollectionRow,
  userId: string,
  template: Float32Array | undefined,
): void {
  tables.follow(collection.id, () => {
    if (template === undefined) tables.index.remove(userSpace(collection), [userId]);
    else tables.index.put(userSpace(collection), [{ id: userId, vector: template }]);
  });
}

/** The part of the store that keeps and searches users. */
export function createUserSteps(tables: CollectionTables, clock: () => number): UserSteps {
  const { database, index } = tables;

  const findRow = (collection: CollectionRow, userId: string): UserRow | undefined =>
    findUserRow(tables, collection, userId);
  const requireRow = (collection: CollectionRow, userId: string): UserRow => {
    const row = findRow(collection, userId);
    if (row === undefined) {
      throw new StoreError('user-not-found', `there is no user ${userId} in collection ${collection.id}`);
    }
    return row;
  };
  const unchangedRow = (collection: CollectionRow, userId: string, revision: number): UserRow => {
    const row = requireRow(collection, userId);
    if (row.revision !== revision) throw changed(userId);
    return row;
  };

  /** Gives a face to a user, or to nobody. */
  const setUser = (collection: CollectionRow, row: FaceRow, userId: string | null): void => {
    const checksum = faceChecksum({ ...row, user_id: userId }, new Uint8Array(row.template));
    database.run('UPDATE face SET user_id = ?, checksum = ? WHERE position = ?', [userId, checksum, row.position]);
    collection.face_sum = addChecksum(subtractChecksum(collection.face_sum, row.checksum), checksum);
  };

  return {
    async createUser(collectionId, userId) {
      tables.change(collectionId, (collection) => {
        if (findRow(collection, userId) !== undefined) {
          throw new StoreError('user-exists', `there is a user ${userId} in collection ${collectionId} already`);
        }
        // Revisions are drawn from the collection, so that a user made anew under an old name never repeats one.
        collection.last_revision++;
        const row = { collection_number: collection.number, user_id: userId, revision: collection.last_revision };
        const checksum = userChecksum(row);
        database.run('INSERT INTO user (collection_number, user_id, revision, checksum) VALUES (?, ?, ?, ?)', [
          row.collection_number,
          row.user_id,
          row.revision,
          checksum,
        ]);
        collection.user_count++;
        collection.user_sum = addChecksum(collection.user_sum, checksum);
        tables.vault.of(collection).ensureSubjectKey(userId, clock());
        saveCollection(database, collection);
      });
    },

    async findUser(collectionId, userId) {
      return tables.read(collectionId, (collection) => {
        const row = findRow(collection, userId);
        return row === undefined ? undefined : toUserRecord(row);
      });
    },

    async listUsers(collectionId, { afterUserId, limit }) {
      return tables.read(collectionId, (collection) =>
        database
          .all<UserRow>(`${SELECT_USERS} AND user_id > ? ORDER BY user.user_id LIMIT ?`, [
            collection.number,
            afterUserId ?? '',
            limit,
          ])
          .map((row) => toUserRecord(verifyUser(row))),
      );
    },

    async deleteUser(collectionId, userId) {
      const collection = tables.change(collectionId, (collection) => {
        const user = requireRow(collection, userId);
        for (const row of facesOfUser(database, collection, userId)) setUser(collection, row, null);
        deleteUserRow(tables, collection, user);
        saveCollection(database, collection);
        return collection;
      });
      indexUser(tables, collection, userId, undefined);
      await tables.scrub();
    },

    async associateFaces(collectionId, userId, { faceIds, revision, maxFaces }) {
      const result = tables.change(collectionId, (collection) => {
        const user = unchangedRow(collection, userId, revision);
        const rows = knownFaces(tables, collection, faceIds);
        const added: FaceRow[] = [];
        for (const faceId of new Set(faceIds)) {
          const row = rows.get(faceId);
          if (row === undefined || (row.user_id !== null && row.user_id !== userId)) throw changed(userId);
          if (row.user_id === null) added.push(row);
        }
        if (user.face_count + added.length > maxFaces) {
          throw new StoreError('user-full', `user ${userId} would have more than ${maxFaces} faces`);
        }
        if (added.length === 0) return { user, collection };
        requireRoom(tables, collection, userSpace(collection), 1);
        for (const row of added) setUser(collection, row, userId);
        return { ...renewUser(tables, collection, user), collection };
      });
      if ('template' in result) indexUser(tables, result.collection, userId, result.template);
      return toUserRecord(result.user);
    },

    async disassociateFaces(collectionId, userId, { faceIds, revision }) {
      const result = tables.change(collectionId, (collection) => {
        const user = unchangedRow(collection, userId, revision);
        const rows = knownFaces(tables, collection, faceIds);
        for (const faceId of new Set(faceIds)) {
          const row = rows.get(faceId);
          if (row?.user_id !== userId) throw changed(userId);
          setUser(collection, row, null);
        }
        if (faceIds.length === 0) return { user, collection };
        return { ...renewUser(tables, collection, user), collection };
      });
      if ('template' in result) indexUser(tables, result.collection, userId, result.template);
      return toUserRecord(result.user);
    },

    async userTemplate(collectionId, userId) {
      return tables.read(collectionId, (collection) => {
        const turned = meanOfUser(tables, collection, userId).mean();
        return turned && tables.vault.of(collection).rotation.turnBack(turned);
      });
    },

    async searchUsers(collectionId, probe, { minScore, limit, signal, excludeUserIds }) {
      signal.throwIfAborted();
      const { space, turned, loading } = tables.read(collectionId, (collection) => {
        requireTemplate(collection, probe);
        return {
          space: userSpace(collection),
          turned: tables.vault.of(collection).rotation.turn(probe),
          loading: tables.loadingUsers.get(collection.number),
        };
      });
      await loading;
      const exclude = excludeUserIds === undefined ? {} : { exclude: excludeUserIds };
      const hits = await index.search(space, turned, { minScore, limit, signal, ...exclude });
      return tables.read(collectionId, (collection) => {
        const rows = database
          .all<UserRow>(`${SELECT_USERS} AND user_id IN (SELECT value FROM json_each(?))`, [
            collection.number,
            JSON.stringify(hits.map((hit) => hit.id)),
          ])
          .map(verifyUser);
        const users = new Map(rows.map((row) => [row.user_id, toUserRecord(row)]));
        // A user that was deleted while the search ran has no row any more.
        return hits.flatMap(({ id, score }): UserHit[] => {
          const user = users.get(id);
          return user === undefined ? [] : [{ user, score }];
        });
      });
    },
  };
}

function userChecksum(row: Omit<UserRow, 'checksum' | 'face_count'>): number {
  return rowChecksum([row.collection_number, row.user_id, row.revision]);
}

function changed(userId: string): StoreError {
  return new StoreError('user-changed', `user ${userId} or one of the faces has changed meanwhile`);
}

function toUserRecord(row: UserRow): UserRecord {
  return {
    userId: row.user_id,
    status: row.face_count > 0 ? 'ACTIVE' : 'CREATED',
    faceCount: row.face_count,
    revision: row.revision,
  };
}
