import type { FaceRecord } from '../ports/collections.ts';
import { StoreError } from '../ports/errors.ts';
import { rowChecksum } from './checksums.ts';
import type { CollectionRow } from './collection-rows.ts';
import { type Database, selectList } from './database.ts';
import { POSITIONS_PER_COLLECTION } from './schema.ts';
import { type CollectionVault, type OpenedSubjectKeys, sealedTemplateBytes } from './vault.ts';

/** A row of the face table. */
export interface FaceRow {
  readonly position: number;
  readonly collection_number: number;
  readonly face_id: string;
  readonly image_id: string;
  readonly external_image_id: string | null;
  readonly user_id: string | null;
  readonly box_left: number;
  readonly box_top: number;
  readonly box_width: number;
  readonly box_height: number;
  readonly confidence: number;
  readonly model_version: string;
  readonly stored_at_ms: number;
  /** Sealed; see vault.ts. */
  readonly template: ArrayBuffer;
  readonly checksum: number;
}

const NUMBERS = [
  'position',
  'collection_number',
  'box_left',
  'box_top',
  'box_width',
  'box_height',
  'confidence',
  'stored_at_ms',
  'checksum',
] as const;
const TEXTS = ['face_id', 'image_id', 'external_image_id', 'user_id', 'model_version'] as const;

/** What to select of the face table. */
export const FACE_COLUMNS = selectList({ numbers: NUMBERS, texts: TEXTS, bytes: ['template'] });

const INSERTED = [...NUMBERS, ...TEXTS];
const INSERT_FACE = `INSERT INTO face (${INSERTED.join(', ')}, template)
  VALUES (${INSERTED.map(() => '?').join(', ')}, ?)`;

/** Adds a row to the face table. Inside a transaction. @param template sealed */
export function insertFaceRow(database: Database, row: Omit<FaceRow, 'template'>, template: Uint8Array): void {
  database.run(INSERT_FACE, [...INSERTED.map((column) => row[column]), template]);
}

/** The checksum that a face's columns and sealed template should have. */
export function faceChecksum(row: Omit<FaceRow, 'checksum' | 'template'>, template: Uint8Array): number {
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
      row.stored_at_ms,
    ],
    template,
  );
}

/** What of a collection its faces' rows are read by. */
export type FacesOwner = Pick<CollectionRow, 'number' | 'dimensions'>;

/** Hands a row through when it bears its checksum. @throws {StoreError} corrupt */
export function verifyFace(row: FaceRow, collection: FacesOwner): FaceRow {
  // A flipped bit can change a cell's type too.
  const template = row.template instanceof ArrayBuffer ? new Uint8Array(row.template) : new Uint8Array();
  if (
    row.collection_number !== collection.number ||
    template.byteLength !== sealedTemplateBytes(collection.dimensions, row) ||
    faceChecksum(row, template) !== row.checksum
  ) {
    throw new StoreError('corrupt', `the row of a face at position ${row.position} does not bear its checksum`);
  }
  return row;
}

/** A row's template, turned by its collection's rotation. @throws {StoreError} corrupt */
export function turnedTemplateOf(vault: CollectionVault, row: FaceRow, opened?: OpenedSubjectKeys): Float32Array {
  return vault.openFace(row, new Uint8Array(row.template), opened);
}

/** A row in the words of the port. */
export function toFaceRecord(row: FaceRow): FaceRecord {
  return {
    faceId: row.face_id,
    imageId: row.image_id,
    ...(row.external_image_id === null ? {} : { externalImageId: row.external_image_id }),
    ...(row.user_id === null ? {} : { userId: row.user_id }),
    box: { left: row.box_left, top: row.box_top, width: row.box_width, height: row.box_height },
    confidence: row.confidence,
    modelVersion: row.model_version,
    storedAtMs: row.stored_at_ms,
  };
}

/** The faces of these ids that are there, verified, by id. @throws {StoreError} corrupt */
export function facesById(
  database: Database,
  collection: FacesOwner,
  faceIds: readonly string[],
): ReadonlyMap<string, FaceRow> {
  const wanted = new Set(faceIds);
  const rows = database.all<FaceRow>(
    `SELECT ${FACE_COLUMNS} FROM face WHERE collection_number = ? AND face_id IN (SELECT value FROM json_each(?))`,
    [collection.number, JSON.stringify([...wanted])],
  );
  const found = new Map<string, FaceRow>();
  for (const row of rows) {
    if (!wanted.has(row.face_id)) throw new StoreError('corrupt', 'the index of face ids points to the wrong row');
    found.set(row.face_id, verifyFace(row, collection));
  }
  return found;
}

/** A user's faces in the order they were stored, verified. @throws {StoreError} corrupt */
export function facesOfUser(database: Database, collection: FacesOwner, userId: string): readonly FaceRow[] {
  const rows = database.all<FaceRow>(
    `SELECT ${FACE_COLUMNS} FROM face WHERE collection_number = ? AND user_id = ? ORDER BY face.position`,
    [collection.number, userId],
  );
  for (const row of rows) {
    if (row.user_id !== userId) throw new StoreError('corrupt', 'the index of users points to the wrong row');
    verifyFace(row, collection);
  }
  return rows;
}

/** A page of a collection's faces in the order they were stored, verified. @throws {StoreError} corrupt */
export function facePage(
  database: Database,
  collection: FacesOwner,
  page: { after?: number; before?: number; limit: number },
): readonly FaceRow[] {
  const first = collection.number * POSITIONS_PER_COLLECTION;
  const end = first + POSITIONS_PER_COLLECTION;
  const rows = database.all<FaceRow>(
    `SELECT ${FACE_COLUMNS} FROM face WHERE position > ? AND position < ? ORDER BY face.position LIMIT ?`,
    [Math.max(page.after ?? first, first), Math.min(page.before ?? end, end), page.limit],
  );
  for (const row of rows) verifyFace(row, collection);
  return rows;
}

/** Sums templates, in double precision and in the order they come, to their mean. */
export class TemplateMean {
  readonly #sum: Float64Array;
  #count = 0;

  constructor(dimensions: number) {
    this.#sum = new Float64Array(dimensions);
  }

  add(template: Float32Array): void {
    for (let i = 0; i < this.#sum.length; i++) this.#sum[i] = (this.#sum[i] ?? 0) + (template[i] ?? 0);
    this.#count++;
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** Rounded to float32; undefined of nothing. */
  mean(): Float32Array | undefined {
    return this.#count === 0 ? undefined : Float32Array.from(this.#sum, (sum) => sum / this.#count);
  }
}
