import type { CollectionStore, Staging } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { addChecksum, rowChecksum, subtractChecksum } from './checksums.ts';
import { type CollectionRow, saveCollection, toCollectionRecord } from './collection-rows.ts';
import { createSpaces, dropSpaces } from './collection-spaces.ts';
import { type CollectionTables, faceSpace, type SpaceOwner, userSpace } from './collection-tables.ts';
import { type Database, selectList } from './database.ts';
import { deleteFaceRows } from './erase-rows.ts';
import { FACE_COLUMNS, type FaceRow, faceChecksum, facePage, toFaceRecord, verifyFace } from './face-rows.ts';
import { knownFaces } from './face-steps.ts';
import { groupOf, POSITIONS_PER_COLLECTION } from './schema.ts';
import { encodeTemplate } from './template-codec.ts';
import { renewUser, USER_COLUMNS, type UserRow, verifyUser } from './user-steps.ts';
import { type OpenedSubjectKeys, sealedTemplateBytes } from './vault.ts';

type StagingSteps = Pick<
  CollectionStore,
  'beginStaging' | 'findStaging' | 'listUnstagedFaces' | 'stageTemplates' | 'dropStaging' | 'switchModel'
>;

interface StagingRow {
  readonly collection_number: number;
  readonly model_version: string;
  readonly dimensions: number;
  readonly started_at_ms: number;
  readonly checksum: number;
}

interface StagedRow {
  readonly position: number;
  /** Sealed, as a face's own; see vault.ts. */
  readonly template: unknown;
  readonly checksum: number;
}

/** Faces read at a time. */
const PAGE = 2000;

const STAGING_COLUMNS = selectList({
  numbers: ['collection_number', 'dimensions', 'started_at_ms', 'checksum'],
  texts: ['model_version'],
});
const STAGED_COLUMNS = selectList({ numbers: ['position', 'checksum'], bytes: ['template'] });

/**
 * The part of the store that moves a collection to another face model: templates are staged beside the faces, while
 * everyone goes on with those that stand, and take their place in one transaction.
 */
export function createStagingSteps(tables: CollectionTables, clock: () => number): StagingSteps {
  const { database, index } = tables;

  /** One whose row is damaged is as good as none: what was staged under it is made again. */
  const find = (collection: CollectionRow): StagingRow | undefined => {
    const row = database.get<StagingRow>(`SELECT ${STAGING_COLUMNS} FROM staging WHERE collection_number = ?`, [
      collection.number,
    ]);
    return row !== undefined && stagingChecksum(row) === row.checksum ? row : undefined;
  };
  const require = (collection: CollectionRow, modelVersion?: string): StagingRow => {
    const row = find(collection);
    if (row === undefined || (modelVersion !== undefined && row.model_version !== modelVersion)) {
      throw new StoreError('staging-not-found', `collection ${collection.id} is not being moved to that face model`);
    }
    return row;
  };
  const told = (collection: CollectionRow, row: StagingRow): Staging => {
    const staged = database.get<{ n: number }>(
      'SELECT count(*) AS n FROM staged_face WHERE position > ? AND position < ?',
      rangeOf(collection),
    );
    const stagedFaces = staged?.n ?? 0;
    return {
      modelVersion: row.model_version,
      dimensions: row.dimensions,
      startedAtMs: row.started_at_ms,
      stagedFaces,
      pendingFaces: Math.max(0, collection.face_count - stagedFaces),
    };
  };
  const clear = (collection: CollectionRow): void => {
    database.run('DELETE FROM staged_face WHERE position > ? AND position < ?', rangeOf(collection));
    database.run('DELETE FROM staging WHERE collection_number = ?', [collection.number]);
  };

  return {
    async beginStaging(collectionId, { modelVersion, dimensions, startedAtMs }) {
      const { staging, isCleared } = tables.change(collectionId, (collection) => {
        const standing = find(collection);
        if (standing !== undefined && standing.model_version === modelVersion && standing.dimensions === dimensions) {
          return { staging: told(collection, standing), isCleared: dropDamaged(database, collection, standing) };
        }
        if (standing !== undefined) {
          throw new StoreError('staging-exists', `collection ${collectionId} is moving to ${standing.model_version}`);
        }
        clear(collection);
        const row = {
          collection_number: collection.number,
          model_version: modelVersion,
          dimensions,
          started_at_ms: Math.round(startedAtMs),
        };
        const checksum = stagingChecksum(row);
        const names = Object.keys(row);
        database.run(
          `INSERT INTO staging (${names.join(', ')}, checksum) VALUES (${names.map(() => '?').join(', ')}, ?)`,
          [...Object.values(row), checksum],
        );
        return { staging: told(collection, { ...row, checksum }), isCleared: false };
      });
      if (!isCleared) return staging;
      await tables.scrub();
      return tables.read(collectionId, (collection) => told(collection, require(collection)));
    },

    async findStaging(collectionId) {
      return tables.read(collectionId, (collection) => {
        const row = find(collection);
        return row && told(collection, row);
      });
    },

    async listUnstagedFaces(collectionId, { after, limit, imageId }) {
      return tables.read(collectionId, (collection) => {
        require(collection);
        const [first, end] = rangeOf(collection);
        const rows = database.all<FaceRow>(
          `SELECT ${FACE_COLUMNS} FROM face
           WHERE ${imageId === undefined ? '' : 'collection_number = ? AND image_id = ? AND '}position > ? AND position < ?
             AND NOT EXISTS (SELECT 1 FROM staged_face WHERE staged_face.position = face.position)
           ORDER BY face.position LIMIT ?`,
          [
            ...(imageId === undefined ? [] : [collection.number, imageId]),
            Math.max(after ?? first, first),
            end,
            limit + 1,
          ],
        );
        const faces = rows.slice(0, limit).map((row) => verifyFace(row, collection));
        const cursor = faces.at(-1)?.position ?? after ?? 0;
        return { faces: faces.map(toFaceRecord), ...(rows.length > limit ? { cursor } : {}) };
      });
    },

    async stageTemplates(collectionId, modelVersion, faces) {
      return tables.change(collectionId, (collection) => {
        const staging = require(collection, modelVersion);
        const vault = tables.vault.of({ number: collection.number, dimensions: staging.dimensions });
        const rows = knownFaces(
          tables,
          collection,
          faces.map(({ faceId }) => faceId),
        );
        return faces.flatMap(({ faceId, template }) => {
          const row = rows.get(faceId);
          if (row === undefined) return [];
          if (template.length !== staging.dimensions || !template.every(Number.isFinite)) {
            throw new RangeError(`a template of model ${modelVersion} is ${staging.dimensions} finite numbers`);
          }
          const plain = encodeTemplate(vault.rotation.turn(template));
          const sealed = vault.sealFace({ ...row, model_version: modelVersion }, plain, clock());
          database.run('INSERT OR REPLACE INTO staged_face (position, template, checksum) VALUES (?, ?, ?)', [
            row.position,
            sealed,
            stagedChecksum(row.position, staging, sealed),
          ]);
          return [faceId];
        });
      });
    },

    async dropStaging(collectionId) {
      const dropped = tables.change(collectionId, (collection) => {
        const stood = find(collection) !== undefined;
        clear(collection);
        return stood;
      });
      await tables.scrub();
      return dropped;
    },

    async switchModel(collectionId, { modelVersion, dropFaceIds }) {
      let filled: SpaceOwner | undefined;
      const result = (() => {
        try {
          return tables.change(collectionId, (collection) => {
            const staging = require(collection, modelVersion);
            const before = { number: collection.number, model_version: collection.model_version };
            const dropped = dropPending(collection, staging, dropFaceIds);
            filled = { number: collection.number, model_version: modelVersion };
            replaceTemplates(collection, staging, filled);
            clear(collection);
            return { collection, before, dropped };
          });
        } catch (error) {
          // What was filled for a switch that did not come about.
          if (filled !== undefined) dropSpaces(tables, filled);
          throw error;
        }
      })();
      dropSpaces(tables, result.before);
      await tables.scrub();
      return { collection: toCollectionRecord(result.collection), dropped: result.dropped };
    },
  };

  /** Deletes the faces without a template, when they are those that were named. */
  function dropPending(collection: CollectionRow, staging: StagingRow, faceIds: readonly string[]): number {
    dropDamaged(database, collection, staging);
    const pending = database.all<FaceRow>(
      `SELECT ${FACE_COLUMNS} FROM face WHERE position > ? AND position < ?
         AND NOT EXISTS (SELECT 1 FROM staged_face WHERE staged_face.position = face.position)`,
      rangeOf(collection),
    );
    const named = new Set(faceIds);
    if (pending.some(({ face_id }) => !named.has(face_id))) {
      throw new StoreError('staging-incomplete', `${pending.length} faces of collection ${collection.id} are pending`);
    }
    const present = knownFaces(tables, collection, faceIds);
    if (present.size > pending.length) {
      throw new StoreError('staging-incomplete', `a face of collection ${collection.id} has a template meanwhile`);
    }
    for (const row of pending) verifyFace(row, collection);
    deleteFaceRows(tables, collection, pending);
    return pending.length;
  }

  /** Puts the staged templates into the rows of the faces and into spaces of their own, and renews the users. */
  function replaceTemplates(collection: CollectionRow, staging: StagingRow, owner: SpaceOwner): void {
    const { model_version, dimensions } = staging;
    // What an attempt that failed at its end may have left.
    dropSpaces(tables, owner);
    createSpaces(tables, { ...owner, id: collection.id, dimensions });
    const vault = tables.vault.of({ number: collection.number, dimensions });
    const opened: OpenedSubjectKeys = new Map();
    for (let after: number | undefined; ; ) {
      const rows = facePage(database, collection, { limit: PAGE, ...(after !== undefined && { after }) });
      const last = rows.at(-1);
      if (last === undefined) break;
      const staged = new Map(
        database
          .all<StagedRow>(`SELECT ${STAGED_COLUMNS} FROM staged_face WHERE position >= ? AND position <= ?`, [
            rows[0]?.position ?? 0,
            last.position,
          ])
          .map((row) => [row.position, bytesOf(row.template)]),
      );
      const vectors = rows.map((row) => {
        const sealed = staged.get(row.position);
        if (sealed === undefined) throw new StoreError('staging-incomplete', 'a face has no staged template');
        const next = { ...row, model_version };
        const checksum = faceChecksum(next, sealed);
        database.run('UPDATE face SET model_version = ?, template = ?, checksum = ? WHERE position = ?', [
          model_version,
          sealed,
          checksum,
          row.position,
        ]);
        collection.face_sum = addChecksum(subtractChecksum(collection.face_sum, row.checksum), checksum);
        return { id: row.face_id, vector: vault.openFace(next, sealed, opened), group: groupOf(row.position) };
      });
      index.put(faceSpace(owner), vectors);
      after = last.position;
      if (rows.length < PAGE) break;
    }
    collection.model_version = model_version;
    collection.dimensions = dimensions;
    const users = database.all<Omit<UserRow, 'face_count'>>(
      `SELECT ${USER_COLUMNS} FROM user WHERE collection_number = ? ORDER BY user.user_id`,
      [collection.number],
    );
    for (const user of users) {
      const { template } = renewUser(tables, collection, { ...verifyUser(user), face_count: 0 });
      if (template !== undefined) index.put(userSpace(owner), [{ id: user.user_id, vector: template }]);
    }
    saveCollection(database, collection);
  }
}

/** Removes staged templates that do not bear their checksum, so that they are made again; inside a transaction. */
function dropDamaged(database: Database, collection: CollectionRow, staging: StagingRow): boolean {
  let dropped = false;
  const [first, end] = rangeOf(collection);
  for (let after = first; ; ) {
    const rows = database.all<StagedRow>(
      `SELECT ${STAGED_COLUMNS} FROM staged_face WHERE position > ? AND position < ?
       ORDER BY staged_face.position LIMIT ?`,
      [after, end, PAGE],
    );
    for (const { position, template, checksum } of rows) {
      const bytes = bytesOf(template);
      const isWhole =
        bytes.length <= sealedTemplateBytes(staging.dimensions, { external_image_id: null }) &&
        stagedChecksum(position, staging, bytes) === checksum;
      if (isWhole) continue;
      database.run('DELETE FROM staged_face WHERE position = ?', [position]);
      dropped = true;
    }
    after = rows.at(-1)?.position ?? after;
    if (rows.length < PAGE) return dropped;
  }
}

/** Positions of a collection's faces lie between these, both excluded. */
function rangeOf({ number }: CollectionRow): [first: number, end: number] {
  return [number * POSITIONS_PER_COLLECTION, (number + 1) * POSITIONS_PER_COLLECTION];
}

function stagingChecksum(row: Omit<StagingRow, 'checksum'>): number {
  return rowChecksum([row.collection_number, row.model_version, row.dimensions, row.started_at_ms]);
}

function stagedChecksum(position: number, staging: Pick<StagingRow, 'model_version'>, template: Uint8Array): number {
  return rowChecksum([position, staging.model_version], template);
}

/** A flipped bit can change a cell's type, but never what is cast to a blob. */
function bytesOf(cell: unknown): Uint8Array {
  return cell instanceof ArrayBuffer ? new Uint8Array(cell) : new Uint8Array();
}
