import type { CollectionStore, MovedFace, WalkedFace } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { saveCollection } from './collection-rows.ts';
import { type CollectionTables, faceSpace, requireModel, requireRoom } from './collection-tables.ts';
import { FACE_COLUMNS, type FaceRow, toFaceRecord, turnedTemplateOf, verifyFace } from './face-rows.ts';
import { insertFace, knownFaces } from './face-steps.ts';
import { groupOf, POSITIONS_PER_COLLECTION } from './schema.ts';
import { sealAhead } from './seal-ahead.ts';
import type { OpenedSubjectKeys } from './vault.ts';

type TransferSteps = Pick<CollectionStore, 'walkFaces' | 'importFaces'>;

/** The part of the store by which faces move from one store to another with their templates, ids and times. */
export function createTransferSteps(tables: CollectionTables): TransferSteps {
  const { database, index } = tables;

  return {
    async walkFaces(collectionId, { after, upTo, limit, templates }) {
      return tables.read(collectionId, (collection) => {
        const first = collection.number * POSITIONS_PER_COLLECTION;
        const last = first + POSITIONS_PER_COLLECTION - 1;
        const rows = database.all<FaceRow>(
          `SELECT ${FACE_COLUMNS} FROM face WHERE position > ? AND position <= ? ORDER BY face.position LIMIT ?`,
          [Math.max(after ?? first, first), Math.min(upTo ?? last, last), limit],
        );
        const vault = tables.vault.of(collection);
        const opened: OpenedSubjectKeys = new Map();
        return rows.map((row): WalkedFace => {
          const face = toFaceRecord(verifyFace(row, collection));
          if (!templates) return { face, cursor: row.position };
          const template = vault.rotation.turnBack(turnedTemplateOf(vault, row, opened));
          return { face, cursor: row.position, template };
        });
      });
    },

    async importFaces(collectionId, { modelVersion, faces, maxFaces }) {
      const imageOf = (face: MovedFace) => ({
        image_id: face.imageId,
        external_image_id: face.externalImageId ?? null,
        model_version: modelVersion,
      });
      const takeSealed = await sealAhead(
        tables,
        collectionId,
        faces.map((face) => ({ ...imageOf(face), face_id: face.faceId, template: face.template })),
      );
      const { collection, fresh } = tables.change(collectionId, (collection) => {
        requireModel(collection, modelVersion);
        const sealedOf = takeSealed(collection);
        const standing = knownFaces(
          tables,
          collection,
          faces.map(({ faceId }) => faceId),
        );
        const missing = new Map<string, { face: MovedFace; place: number }>();
        for (const [place, face] of faces.entries()) {
          const row = standing.get(face.faceId);
          const other = row === undefined ? missing.get(face.faceId)?.face : toFaceRecord(row);
          if (other !== undefined && !isSameFace(other, face)) {
            throw new StoreError('face-exists', `another face of collection ${collectionId} bears the same id`);
          }
          if (row === undefined) missing.set(face.faceId, { face, place });
        }
        if (collection.face_count + missing.size > maxFaces) {
          throw new StoreError('collection-full', `collection ${collectionId} would hold more than ${maxFaces} faces`);
        }
        requireRoom(tables, collection, faceSpace(collection), missing.size);
        const fresh = [...missing.values()].map(({ face, place }) => {
          const { turned, sealed } = sealedOf(place, face.storedAtMs);
          const { position } = insertFace(database, collection, { ...face, ...imageOf(face), sealed });
          return { id: face.faceId, vector: turned, group: groupOf(position) };
        });
        if (fresh.length > 0) saveCollection(database, collection);
        return { collection, fresh };
      });
      if (fresh.length > 0) tables.follow(collectionId, () => index.put(faceSpace(collection), fresh));
      return fresh.map(({ id }) => id);
    },
  };
}

function isSameFace(one: Omit<MovedFace, 'template'>, other: Omit<MovedFace, 'template'>): boolean {
  return (
    one.imageId === other.imageId &&
    one.externalImageId === other.externalImageId &&
    one.confidence === other.confidence &&
    one.storedAtMs === other.storedAtMs &&
    one.box.left === other.box.left &&
    one.box.top === other.box.top &&
    one.box.width === other.box.width &&
    one.box.height === other.box.height
  );
}
