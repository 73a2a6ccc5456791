import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import {
  createSealer,
  keyBytes,
  makeKeyBytes,
  SealBrokenError,
  type Sealer,
  sealOverheadBytes,
} from '../../shared/sealing.ts';
import { StoreError } from '../ports/errors.ts';
import type { CollectionRow } from './collection-rows.ts';
import { type Database, selectList } from './database.ts';
import { drawRotation, type Rotation } from './rotation.ts';
import { decodeTemplate } from './template-codec.ts';

/** What of a face's row says how its template is sealed. */
export interface SealedFace {
  readonly face_id: string;
  readonly external_image_id: string | null;
  readonly model_version: string;
}

/** Subjects' keys by name, for as long as many faces are opened at once. */
export type OpenedSubjectKeys = Map<string, Uint8Array>;

/**
 * The keys of one collection. A face with an external image id is sealed under the data key of that name; one without
 * under a key derived from the collection's and a random salt that stands in its row alone, so that deleting the row
 * destroys the key. Measured, a row of its own for each unnamed face would cost as much as the face's own.
 *
 * @source ISO/IEC 24745 (renewable, unlinkable references); NIST SP 800-38D (AES-GCM)
 */
export interface CollectionVault {
  readonly rotation: Rotation;
  /** Seals what the index keeps of the collection on disk. */
  readonly indexSealer: Sealer;
  /** Seals bytes of a face; makes its subject's key when there is none. Inside a transaction. */
  sealFace(face: SealedFace, plain: Uint8Array, nowMs: number): Uint8Array;
  /** Seals bytes of a face. @param key of the face's name; undefined of an unnamed face */
  sealUnder(face: SealedFace, plain: Uint8Array, key: Uint8Array | undefined): Uint8Array;
  /** A template as it is searched: turned by the collection's rotation. @throws {StoreError} corrupt */
  openFace(face: SealedFace, sealed: Uint8Array, opened?: OpenedSubjectKeys): Float32Array;
  /** The data key of a name; undefined when there is none. @throws {StoreError} corrupt */
  subjectKey(name: string): { readonly key: Uint8Array; readonly madeAtMs: number } | undefined;
  /** The data key of an unnamed face. */
  faceKey(sealed: Uint8Array): Uint8Array;
  /**
   * Makes the data key of a name unless there is one. Inside a transaction.
   *
   * @param offered what it becomes; random when absent
   * @returns the key that it has
   */
  ensureSubjectKey(name: string, nowMs: number, offered?: Uint8Array): Uint8Array;
  /** False when there was none. Inside a transaction. */
  destroySubjectKey(name: string): boolean;
}

/** The keys of all collections, sealed in collections.db under the keyring. */
export interface Vault {
  /** Makes a collection's keys unless there are any. Inside a transaction. */
  makeKeys(collectionNumber: number): void;
  /** Removes a collection's keys, after which nothing of it can be opened. Inside a transaction. */
  destroyKeys(collectionNumber: number): void;
  of(collection: Pick<CollectionRow, 'number' | 'dimensions'>): CollectionVault;
  /** @throws {StoreError} corrupt when the keyring is not the one that the file was written with */
  requireKeyring(): void;
}

const SALT_BYTES = 16;
/** Leads a sealed template: how its key is found. */
const UNDER_NAME = 1;
const UNDER_SALT = 2;
/** Rotations of 512 dimensions take 0.1 MB each. */
const ROTATIONS_KEPT = 64;
/** Stands for no collection: what is sealed under it tells whether the keyring is the right one. */
const NOBODY = 0;

/** How long a sealed template is, in bytes. */
export function sealedTemplateBytes(dimensions: number, face: Pick<SealedFace, 'external_image_id'>): number {
  const head = 1 + (face.external_image_id === null ? SALT_BYTES : 0);
  return head + dimensions * Float32Array.BYTES_PER_ELEMENT + sealOverheadBytes;
}

/** @param sealer seals the collections' keys; of the keyring */
export function createVault(database: Database, sealer: Sealer): Vault {
  /** By collection number; unsealing one costs a few microseconds and a read. */
  const secrets = new Map<number, Secrets>();
  const rotations = new Map<number, Rotation>();

  const readSealed = (number: number): Uint8Array | undefined => {
    const row = database.get<{ sealed: unknown }>(
      `SELECT ${selectList({ bytes: ['sealed'] })} FROM collection_key WHERE collection_number = ?`,
      [number],
    );
    return row === undefined ? undefined : bytesOf(row.sealed);
  };
  const insert = (number: number): void => {
    if (readSealed(number) !== undefined) return;
    const sealed = sealer.seal(Buffer.concat([makeKeyBytes(), makeKeyBytes()]), aboutCollection(number));
    database.run('INSERT INTO collection_key (collection_number, sealed) VALUES (?, ?)', [number, sealed]);
  };
  const opens = (number: number, sealed: Uint8Array): Uint8Array | undefined => {
    try {
      return sealer.open(sealed, aboutCollection(number));
    } catch (error) {
      if (error instanceof SealBrokenError) return undefined;
      throw error;
    }
  };
  const secretsOf = (number: number): Secrets => {
    const known = secrets.get(number);
    if (known !== undefined) return known;
    const sealed = readSealed(number);
    const plain = sealed && opens(number, sealed);
    if (plain?.length !== 2 * keyBytes) {
      throw new StoreError('corrupt', 'its key is damaged, or belongs to another keyring');
    }
    const found = deriveSecrets(plain);
    secrets.set(number, found);
    return found;
  };
  const rotationOf = ({ number, dimensions }: Pick<CollectionRow, 'number' | 'dimensions'>): Rotation => {
    const known = rotations.get(number);
    if (known?.dimensions === dimensions) return known;
    const rotation = drawRotation(secretsOf(number).rotationSecret, dimensions);
    rotations.set(number, rotation);
    const [oldest] = rotations.keys();
    if (rotations.size > ROTATIONS_KEPT && oldest !== undefined) rotations.delete(oldest);
    return rotation;
  };

  const of = (collection: Pick<CollectionRow, 'number' | 'dimensions'>): CollectionVault => {
    const { number } = collection;
    const own = (): Secrets => secretsOf(number);
    const hashOf = (name: string): string =>
      createHmac('sha256', own().nameKey).update(name).digest('hex').slice(0, 32);

    const vault: CollectionVault = {
      get rotation() {
        return rotationOf(collection);
      },
      get indexSealer() {
        return own().indexSealer;
      },
      sealFace(face, plain, nowMs) {
        const name = face.external_image_id;
        return vault.sealUnder(face, plain, name === null ? undefined : vault.ensureSubjectKey(name, nowMs));
      },
      sealUnder(face, plain, key) {
        if ((face.external_image_id === null) !== (key === undefined))
          throw new RangeError('named faces alone have keys');
        if (key !== undefined) {
          return Buffer.concat([Buffer.of(UNDER_NAME), createSealer(key).seal(plain, aboutFace(number, face))]);
        }
        const salt = randomBytes(SALT_BYTES);
        const sealer = createSealer(keyUnderSalt(own(), salt));
        return Buffer.concat([Buffer.of(UNDER_SALT), salt, sealer.seal(plain, aboutFace(number, face))]);
      },
      openFace(face, sealed, opened) {
        const name = face.external_image_id;
        const key = name === null ? vault.faceKey(sealed) : keyOfName(vault, name, opened);
        if (sealed[0] !== (name === null ? UNDER_SALT : UNDER_NAME)) throw brokenSeal();
        try {
          const body = sealed.subarray(name === null ? 1 + SALT_BYTES : 1);
          return decodeTemplate(createSealer(key).open(body, aboutFace(number, face)));
        } catch (cause) {
          if (cause instanceof SealBrokenError) throw brokenSeal(cause);
          throw cause;
        }
      },
      subjectKey(name) {
        const hash = hashOf(name);
        const row = database.get<{ made_at_ms: number; sealed: unknown }>(
          `SELECT ${selectList({ numbers: ['made_at_ms'], bytes: ['sealed'] })} FROM subject_key
           WHERE collection_number = ? AND subject_hash = ?`,
          [number, hash],
        );
        if (row === undefined) return undefined;
        try {
          const key = own().sealer.open(bytesOf(row.sealed), aboutSubject(number, hash, row.made_at_ms));
          return { key, madeAtMs: row.made_at_ms };
        } catch (cause) {
          if (cause instanceof SealBrokenError)
            throw new StoreError('corrupt', 'the key of a subject is damaged', { cause });
          throw cause;
        }
      },
      faceKey: (sealed) => keyUnderSalt(own(), sealed.subarray(1, 1 + SALT_BYTES)),
      ensureSubjectKey(name, nowMs, offered) {
        const known = vault.subjectKey(name);
        if (known !== undefined) return known.key;
        const hash = hashOf(name);
        const key = offered ?? makeKeyBytes();
        const madeAtMs = Math.round(nowMs);
        database.run(
          'INSERT INTO subject_key (collection_number, subject_hash, made_at_ms, sealed) VALUES (?, ?, ?, ?)',
          [number, hash, madeAtMs, own().sealer.seal(key, aboutSubject(number, hash, madeAtMs))],
        );
        return key;
      },
      destroySubjectKey: (name) =>
        database.run('DELETE FROM subject_key WHERE collection_number = ? AND subject_hash = ?', [
          number,
          hashOf(name),
        ]) > 0,
    };
    return vault;
  };

  return {
    makeKeys: insert,
    destroyKeys(number) {
      database.run('DELETE FROM collection_key WHERE collection_number = ?', [number]);
      secrets.delete(number);
      rotations.delete(number);
    },
    of,
    requireKeyring() {
      const sealed = readSealed(NOBODY);
      if (sealed === undefined) {
        database.write(() => insert(NOBODY));
        return;
      }
      if (opens(NOBODY, sealed) !== undefined) return;
      const others = database.all<{ collection_number: number; sealed: unknown }>(
        `SELECT ${selectList({ numbers: ['collection_number'], bytes: ['sealed'] })} FROM collection_key
         WHERE collection_number > ?`,
        [NOBODY],
      );
      if (others.some((other) => opens(other.collection_number, bytesOf(other.sealed)) !== undefined)) return;
      throw new StoreError(
        'corrupt',
        `${database.file} was written with another keyring; put back the keyring.json that belongs to this data folder, ` +
          'or restore the folder from a backup. Without its keys no template can be read',
      );
    },
  };
}

interface Secrets {
  /** Seals the keys of subjects. */
  readonly sealer: Sealer;
  readonly indexSealer: Sealer;
  /** Hashes their names. */
  readonly nameKey: Uint8Array;
  /** Unnamed faces' keys are derived from it. */
  readonly faceRoot: Uint8Array;
  readonly rotationSecret: Uint8Array;
}

/** @param plain the collection's key and its rotation's secret */
function deriveSecrets(plain: Uint8Array): Secrets {
  const collectionKey = plain.subarray(0, keyBytes);
  const derive = (what: string): Uint8Array => new Uint8Array(hkdfSync('sha256', collectionKey, '', what, keyBytes));
  return {
    sealer: createSealer(derive('likeness subject keys')),
    indexSealer: createSealer(derive('likeness index file')),
    nameKey: derive('likeness subject names'),
    faceRoot: derive('likeness unnamed faces'),
    rotationSecret: plain.subarray(keyBytes),
  };
}

function keyUnderSalt({ faceRoot }: Secrets, salt: Uint8Array): Uint8Array {
  return createHmac('sha256', faceRoot).update(salt).digest();
}

function keyOfName(vault: CollectionVault, name: string, opened: OpenedSubjectKeys | undefined): Uint8Array {
  const known = opened?.get(name);
  if (known !== undefined) return known;
  const found = vault.subjectKey(name);
  if (found === undefined) throw new StoreError('corrupt', 'the key of a subject is not there');
  opened?.set(name, found.key);
  return found.key;
}

function brokenSeal(cause?: unknown): StoreError {
  return new StoreError('corrupt', 'a template does not open under its key', { cause });
}

function aboutCollection(number: number): string {
  return `likeness collection ${number}`;
}

function aboutSubject(number: number, hash: string, madeAtMs: number): string {
  return `likeness subject ${number} ${hash} ${madeAtMs}`;
}

/** Collection, model and face; a collection's number is never given to another. */
function aboutFace(number: number, face: SealedFace): string {
  return JSON.stringify(['likeness template', number, face.model_version, face.face_id]);
}

/** A flipped bit can change a cell's type, but never what is cast to a blob. */
function bytesOf(cell: unknown): Uint8Array {
  return cell instanceof ArrayBuffer ? new Uint8Array(cell) : new Uint8Array();
}
