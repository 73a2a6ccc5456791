import type { Box } from '../../shared/geometry.ts';
import type { CollectionStore, FaceHit, FaceRefusal, NewFace } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import type { VectorEntry } from '../ports/vectors.ts';
import { addChecksum } from './checksums.ts';
import { type CollectionRow, saveCollection } from './collection-rows.ts';
import { type CollectionTables, faceSpace, requireModel, requireRoom } from './collection-tables.ts';
import type { Database } from './database.ts';
import { deleteFaceRows } from './erase-rows.ts';
import {
  FACE_COLUMNS,
  type FaceRow,
  faceChecksum,
  facePage,
  facesById,
  insertFaceRow,
  toFaceRecord,
  turnedTemplateOf,
  verifyFace,
} from './face-rows.ts';
import { groupOf, POSITIONS_PER_COLLECTION } from './schema.ts';
import { requireTemplate, sealAhead } from './seal-ahead.ts';

type FaceSteps = Pick<
  CollectionStore,
  'addFaces' | 'findFaces' | 'listFaces' | 'deleteFaces' | 'faceTemplate' | 'searchFaces'
>;

/** The part of the store that keeps and searches faces. */
export function createFaceSteps(tables: CollectionTables, clock: () => number): FaceSteps {
  const { database, index } = tables;

  return {
    async addFaces(collectionId, { imageId, externalImageId, modelVersion, faces, maxFaces }) {
      const image = { image_id: imageId, external_image_id: externalImageId ?? null, model_version: modelVersion };
      const takeSealed = await sealAhead(
        tables,
        collectionId,
        faces.map(({ faceId, template }) => ({ ...image, face_id: faceId, template })),
      );
      const addAll = (collection: CollectionRow) => {
        requireModel(collection, modelVersion);
        const sealedOf = takeSealed(collection);
        const earlier = database
          .all<FaceRow>(
            `SELECT ${FACE_COLUMNS} FROM face WHERE collection_number = ? AND image_id = ? ORDER BY face.position`,
            [collection.number, imageId],
          )
          .map((row) => verifyFace(row, collection))
          .filter((row) => row.image_id === imageId && row.external_image_id === image.external_image_id);
        const standing = faces.map((face) => earlier.find((row) => isSameBox(row, face.box)));
        const missing = standing.filter((row) => row === undefined).length;
        if (collection.face_count + missing > maxFaces) {
          throw new StoreError('collection-full', `collection ${collectionId} would hold more than ${maxFaces} faces`);
        }
        requireRoom(tables, collection, faceSpace(collection), missing);
        const fresh: VectorEntry[] = [];
        const rows = faces.map((face, i) => {
          const row = standing[i];
          if (row !== undefined) return row;
          const storedAtMs = Math.round(clock());
          const { turned, sealed } = sealedOf(i, storedAtMs);
          const inserted = insertFace(database, collection, { ...face, ...image, storedAtMs, sealed });
          fresh.push({ id: face.faceId, vector: turned, group: groupOf(inserted.position) });
          return inserted;
        });
        if (fresh.length > 0) saveCollection(database, collection);
        return { collection, rows, fresh };
      };
      const result = await tables.changeTogether(collectionId, addAll, ({ collection, fresh }) => {
        if (fresh.length > 0) tables.follow(collectionId, () => index.put(faceSpace(collection), fresh));
      });
      return { faces: result.rows.map(toFaceRecord), stored: result.fresh.length };
    },

    async findFaces(collectionId, faceIds) {
      return tables.read(collectionId, (collection) => {
        const rows = knownFaces(tables, collection, faceIds);
        return faceIds.flatMap((faceId) => {
          const row = rows.get(faceId);
          return row === undefined ? [] : [toFaceRecord(row)];
        });
      });
    },

    async listFaces(collectionId, { after, limit, userId, faceIds }) {
      return tables.read(collectionId, (collection) => {
        const rows =
          userId === undefined && faceIds === undefined
            ? facePage(database, collection, { ...(after === undefined ? {} : { after }), limit: limit + 1 })
            : filteredPage(tables, collection, {
                after: after ?? 0,
                limit: limit + 1,
                userId: userId ?? null,
                faceIds: faceIds ?? null,
              });
        const page = rows.slice(0, limit);
        const cursor = page.at(-1)?.position ?? after ?? 0;
        return { faces: page.map(toFaceRecord), ...(rows.length > limit ? { cursor } : {}) };
      });
    },

    async deleteFaces(collectionId, faceIds) {
      const result = tables.change(collectionId, (collection) => {
        const rows = knownFaces(tables, collection, faceIds);
        const deleted: FaceRow[] = [];
        const refused: FaceRefusal<'FACE_NOT_FOUND' | 'ASSOCIATED_TO_AN_EXISTING_USER'>[] = [];
        for (const faceId of new Set(faceIds)) {
          const row = rows.get(faceId);
          if (row === undefined) {
            refused.push({ faceId, reason: 'FACE_NOT_FOUND' });
          } else if (row.user_id !== null) {
            refused.push({ faceId, reason: 'ASSOCIATED_TO_AN_EXISTING_USER', userId: row.user_id });
          } else {
            deleted.push(row);
          }
        }
        if (deleted.length > 0) {
          deleteFaceRows(tables, collection, deleted);
          saveCollection(database, collection);
        }
        return { collection, deleted: deleted.map((row) => row.face_id), refused };
      });
      if (result.deleted.length > 0) {
        tables.follow(collectionId, () => index.remove(faceSpace(result.collection), result.deleted));
        await tables.scrub();
      }
      return { deleted: result.deleted, refused: result.refused };
    },

    async faceTemplate(collectionId, faceId) {
      return tables.read(collectionId, (collection) => {
        const row = knownFaces(tables, collection, [faceId]).get(faceId);
        if (row === undefined) return undefined;
        const vault = tables.vault.of(collection);
        return vault.rotation.turnBack(turnedTemplateOf(vault, row));
      });
    },

    async searchFaces(collectionId, probe, { minScore, limit, signal, excludeFaceIds }) {
      signal.throwIfAborted();
      const { space, turned } = tables.read(collectionId, (collection) => {
        requireTemplate(collection, probe);
        return { space: faceSpace(collection), turned: tables.vault.of(collection).rotation.turn(probe) };
      });
      const exclude = excludeFaceIds === undefined ? {} : { exclude: excludeFaceIds };
      const hits = await index.search(space, turned, { minScore, limit, signal, ...exclude });
      return tables.read(collectionId, (collection) => {
        const rows = knownFaces(
          tables,
          collection,
          hits.map((hit) => hit.id),
        );
        // A face that was deleted while the search ran has no row any more.
        return hits.flatMap(({ id, score }): FaceHit[] => {
          const row = rows.get(id);
          return row === undefined ? [] : [{ face: toFaceRecord(row), score }];
        });
      });
    },
  };
}

/** What the faces of one image have in common in their rows. */
export interface ImageColumns {
  readonly image_id: string;
  readonly external_image_id: string | null;
  readonly model_version: string;
}

/** A face as its row keeps it. */
interface RowToInsert extends Pick<NewFace, 'faceId' | 'box' | 'confidence'>, ImageColumns {
  readonly storedAtMs: number;
  readonly sealed: Uint8Array;
}

/**
 * Puts a face's row into its collection, at the next position. Inside a transaction; the caller saves the collection and
 * lets the index follow.
 *
 * @returns the row, without its template
 */
export function insertFace(database: Database, collection: CollectionRow, face: RowToInsert): FaceRow {
  collection.last_counter++;
  const columns = {
    position: collection.number * POSITIONS_PER_COLLECTION + collection.last_counter,
    collection_number: collection.number,
    face_id: face.faceId,
    image_id: face.image_id,
    external_image_id: face.external_image_id,
    model_version: face.model_version,
    user_id: null,
    box_left: face.box.left,
    box_top: face.box.top,
    box_width: face.box.width,
    box_height: face.box.height,
    confidence: face.confidence,
    stored_at_ms: face.storedAtMs,
  };
  const checksum = faceChecksum(columns, face.sealed);
  insertFaceRow(database, { ...columns, checksum }, face.sealed);
  collection.face_count++;
  collection.face_sum = addChecksum(collection.face_sum, checksum);
  return { ...columns, template: new ArrayBuffer(0), checksum };
}

/**
 * As {@link facesById}, and a face that the index knows must have a row: a damaged index of ids would only seem to say
 * "not found".
 *
 * @throws {StoreError} corrupt
 */
export function knownFaces(
  tables: CollectionTables,
  collection: CollectionRow,
  faceIds: readonly string[],
): ReadonlyMap<string, FaceRow> {
  const rows = facesById(tables.database, collection, faceIds);
  for (const faceId of faceIds) {
    if (!rows.has(faceId) && tables.index.has(faceSpace(collection), faceId)) {
      throw new StoreError('corrupt', 'a face that was stored is not found by its id');
    }
  }
  return rows;
}

function filteredPage(
  tables: CollectionTables,
  collection: CollectionRow,
  page: { after: number; limit: number; userId: string | null; faceIds: readonly string[] | null },
): readonly FaceRow[] {
  const filters = ['collection_number = ?', 'position > ?'];
  const values: (string | number)[] = [collection.number, page.after];
  if (page.userId !== null) {
    filters.push('user_id = ?');
    values.push(page.userId);
  }
  if (page.faceIds !== null) {
    filters.push('face_id IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(page.faceIds));
  }
  const rows = tables.database.all<FaceRow>(
    `SELECT ${FACE_COLUMNS} FROM face WHERE ${filters.join(' AND ')} ORDER BY face.position LIMIT ?`,
    [...values, page.limit],
  );
  for (const row of rows) verifyFace(row, collection);
  return rows;
}

/** The same image gives the same boxes, up to how a library rounds. */
function isSameBox(row: FaceRow, box: Box): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6;
  return (
    near(row.box_left, box.left) &&
    near(row.box_top, box.top) &&
    near(row.box_width, box.width) &&
    near(row.box_height, box.height)
  );
}
