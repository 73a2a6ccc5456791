import { createHmac } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CollectionStore, ErasedSubject, FaceRecord, SubjectRecord } from '../ports/collections.ts';
import { dot } from '../vectors/scan.ts';
import { COLLECTION_COLUMNS, type CollectionRow, saveCollection } from './collection-rows.ts';
import { type CollectionTables, faceSpace } from './collection-tables.ts';
import { selectList } from './database.ts';
import { deleteFaceRows } from './erase-rows.ts';
import { FACE_COLUMNS, type FaceRow, facePage, toFaceRecord, turnedTemplateOf, verifyFace } from './face-rows.ts';
import { knownFaces } from './face-steps.ts';
import { requireTemplate } from './seal-ahead.ts';
import { lastUseOf } from './use-rows.ts';
import { deleteUserRow, findUserRow, indexUser, renewUser } from './user-steps.ts';
import type { OpenedSubjectKeys } from './vault.ts';

type SubjectSteps = Pick<
  CollectionStore,
  | 'subjectPseudonym'
  | 'listSubjects'
  | 'forEachSubject'
  | 'findFacesOfSubject'
  | 'scoreAgainstSubject'
  | 'eraseSubject'
  | 'eraseFaces'
>;

const PAGE = 1000;

/** The part of the store that knows whom faces belong to, and erases them. */
export function createSubjectSteps(tables: CollectionTables): SubjectSteps {
  const { database } = tables;

  const facesWhere = (collection: CollectionRow, where: string, values: readonly (string | number)[]): FaceRow[] =>
    database
      .all<FaceRow>(
        `SELECT ${FACE_COLUMNS} FROM face WHERE collection_number = ? AND ${where} ORDER BY face.position`,
        [collection.number, ...values],
      )
      .map((row) => verifyFace(row, collection));
  /** By name; then, where no face or user bears it, the unnamed face of this id. */
  const facesOf = (collection: CollectionRow, subject: string): readonly FaceRow[] => {
    const named = facesWhere(collection, 'external_image_id = ?', [subject]);
    const ofUser = facesWhere(collection, 'user_id = ?', [subject]).filter((row) => row.external_image_id !== subject);
    const unnamed = facesWhere(collection, 'face_id = ?', [subject]).filter(
      (row) => row.external_image_id === null && row.user_id !== subject,
    );
    return [...named, ...ofUser, ...unnamed];
  };

  /** Removes faces, and renews or removes the users they belonged to. */
  const erase = async (
    collectionId: string,
    choose: (collection: CollectionRow) => { faces: readonly FaceRow[]; userId?: string },
  ): Promise<ErasedSubject> => {
    const result = tables.change(collectionId, (collection) => {
      const { faces, userId } = choose(collection);
      let keys = deleteFaceRows(tables, collection, faces);
      const user = userId === undefined ? undefined : findUserRow(tables, collection, userId);
      if (user !== undefined) keys += deleteUserRow(tables, collection, user);
      if (faces.length > 0 || user !== undefined) saveCollection(database, collection);
      const others = new Set(faces.flatMap((row) => (row.user_id === userId ? [] : (row.user_id ?? []))));
      const renewed = [...others].flatMap((id) => {
        const other = findUserRow(tables, collection, id);
        return other === undefined ? [] : [{ id, template: renewUser(tables, collection, other).template }];
      });
      return { collection, faces, user, renewed, keys };
    });
    const { collection, faces, user, renewed, keys } = result;
    tables.follow(collectionId, () =>
      tables.index.remove(
        faceSpace(collection),
        faces.map((row) => row.face_id),
      ),
    );
    if (user !== undefined) indexUser(tables, collection, user.user_id, undefined);
    for (const { id, template } of renewed) indexUser(tables, collection, id, template);
    // Also when there was nothing: an erasure that was cut short after its commit is called again.
    await tables.scrub();
    return { faces: faces.length, users: user === undefined ? 0 : 1, keys };
  };

  const nameRecord = (collection: CollectionRow, name: string): SubjectRecord => {
    const rows = database.all<{ position: number; stored_at_ms: number }>(
      `SELECT ${selectList({ numbers: ['position', 'stored_at_ms'] })} FROM face
       WHERE collection_number = ?1 AND external_image_id = ?2
       UNION SELECT ${selectList({ numbers: ['position', 'stored_at_ms'] })} FROM face
       WHERE collection_number = ?1 AND user_id = ?2`,
      [collection.number, name],
    );
    const madeAtMs = tables.vault.of(collection).subjectKey(name)?.madeAtMs;
    const earliest = rows.reduce((least, row) => Math.min(least, row.stored_at_ms), Number.POSITIVE_INFINITY);
    const lastUsedAtMs = lastUseOf(
      database,
      rows.map((row) => row.position),
    );
    return {
      subject: name,
      kind: 'name',
      faces: rows.length,
      storedAtMs: madeAtMs ?? earliest,
      ...(lastUsedAtMs !== undefined && { lastUsedAtMs }),
    };
  };
  /** Names of faces and users after one, in the order of their bytes. */
  const namesAfter = (collection: CollectionRow, after: string, limit: number): readonly string[] => {
    const names = (table: 'face' | 'user', column: 'external_image_id' | 'user_id'): readonly string[] =>
      database
        .all<Record<string, string>>(
          `SELECT DISTINCT ${selectList({ texts: [column] })} FROM ${table}
           WHERE collection_number = ? AND ${column} > ? ORDER BY ${table}.${column} LIMIT ?`,
          [collection.number, after, limit],
        )
        .map((row) => row[column] ?? '');
    return [...new Set([...names('face', 'external_image_id'), ...names('user', 'user_id')])]
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .slice(0, limit);
  };
  const unnamedAfter = (collection: CollectionRow, after: number, limit: number): readonly FaceRow[] =>
    facesWhere(
      collection,
      `position IN (SELECT position FROM face WHERE collection_number = ? AND position > ?
         AND external_image_id IS NULL AND user_id IS NULL ORDER BY position LIMIT ?)`,
      [collection.number, after, limit],
    );

  return {
    async subjectPseudonym(collectionId, subject) {
      return tables.read(collectionId, (collection) => {
        const vault = tables.vault.of(collection);
        const named = vault.subjectKey(subject)?.key;
        if (named !== undefined) return pseudonymOf(named);
        const face = knownFaces(tables, collection, [subject]).get(subject);
        if (face === undefined || face.external_image_id !== null) return undefined;
        return pseudonymOf(vault.faceKey(new Uint8Array(face.template)));
      });
    },

    async listSubjects(collectionId, { after, limit }) {
      return tables.read(collectionId, (collection) => {
        const subjects: SubjectRecord[] = [];
        let position = 0;
        if (after === undefined || after.startsWith(NAME_CURSOR)) {
          const names = namesAfter(collection, after?.slice(NAME_CURSOR.length) ?? '', limit + 1);
          for (const name of names.slice(0, limit)) subjects.push(nameRecord(collection, name));
          if (names.length > limit) return { subjects, cursor: `${NAME_CURSOR}${subjects.at(-1)?.subject ?? ''}` };
        } else {
          position = Number(after.slice(FACE_CURSOR.length));
        }
        const room = limit - subjects.length;
        const rows = unnamedAfter(collection, position, room + 1);
        for (const row of rows.slice(0, room)) {
          const lastUsedAtMs = lastUseOf(database, [row.position]);
          subjects.push({
            subject: row.face_id,
            kind: 'face',
            faces: 1,
            storedAtMs: row.stored_at_ms,
            ...(lastUsedAtMs !== undefined && { lastUsedAtMs }),
          });
        }
        const last = rows.slice(0, room).at(-1)?.position ?? position;
        return { subjects, ...(rows.length > room ? { cursor: `${FACE_CURSOR}${last}` } : {}) };
      });
    },

    async forEachSubject(visit) {
      const collections = database.all<CollectionRow>(
        `SELECT ${COLLECTION_COLUMNS} FROM collection WHERE condemned = 0 ORDER BY collection.number`,
      );
      const damaged = new Set(tables.damaged().map(({ collectionId }) => collectionId));
      for (const collection of collections.filter(({ id }) => !damaged.has(id))) {
        const { id: collectionId, purpose } = collection;
        const vault = tables.vault.of(collection);
        const told = new Set<string>();
        const tell = (name: string): void => {
          if (told.has(name)) return;
          told.add(name);
          const storedAtMs = vault.subjectKey(name)?.madeAtMs ?? collection.created_at_ms;
          visit({ collectionId, purpose, subject: name, storedAtMs });
        };
        for (let after = ''; ; ) {
          const names = namesAfter(collection, after, PAGE);
          for (const name of names) tell(name);
          after = names.at(-1) ?? '';
          if (names.length < PAGE) break;
          await nextTurn();
        }
        for (let after = 0; ; ) {
          const rows = facePage(database, collection, { after, limit: PAGE });
          for (const row of rows) {
            if (row.external_image_id !== null) continue;
            visit({ collectionId, purpose, subject: row.face_id, storedAtMs: row.stored_at_ms });
          }
          after = rows.at(-1)?.position ?? after;
          if (rows.length < PAGE) break;
          await nextTurn();
        }
      }
    },

    async findFacesOfSubject(collectionId, subject) {
      return tables.read(collectionId, (collection): FaceRecord[] => facesOf(collection, subject).map(toFaceRecord));
    },

    async scoreAgainstSubject(collectionId, subject, template) {
      return tables.read(collectionId, (collection) => {
        requireTemplate(collection, template);
        const vault = tables.vault.of(collection);
        const probe = vault.rotation.turn(template);
        const opened: OpenedSubjectKeys = new Map();
        const scores = facesOf(collection, subject).map((row) => dot(probe, turnedTemplateOf(vault, row, opened), 0));
        return scores.length === 0 ? undefined : scores.reduce((best, score) => Math.max(best, score));
      });
    },

    eraseSubject: (collectionId, subject) =>
      erase(collectionId, (collection) => ({ faces: facesOf(collection, subject), userId: subject })),

    eraseFaces: (collectionId, faceIds) =>
      erase(collectionId, (collection) => ({ faces: [...knownFaces(tables, collection, faceIds).values()] })),
  };
}

const NAME_CURSOR = 'name:';
const FACE_CURSOR = 'face:';

function pseudonymOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('likeness audit subject').digest('hex');
}
