import type { Box } from '../../shared/geometry.ts';

/** A collection as it is stored. */
export interface CollectionRecord {
  readonly id: string;
  /** The purpose it was made for; never changes. */
  readonly purpose: string;
  /** The face model its templates were made with; never changes. */
  readonly modelVersion: string;
  readonly createdAtMs: number;
  readonly faceCount: number;
  readonly userCount: number;
}

/** A face's row, without its template. */
export interface FaceRecord {
  readonly faceId: string;
  readonly imageId: string;
  readonly externalImageId?: string;
  readonly userId?: string;
  readonly box: Box;
  /** 0..100. */
  readonly confidence: number;
  readonly modelVersion: string;
}

/** A face about to be stored. */
export interface NewFace {
  readonly faceId: string;
  readonly box: Box;
  readonly confidence: number;
  /** Of the collection's dimensions. */
  readonly template: Float32Array;
}

/** A user's state, as Rekognition names it. */
export type UserStatus = 'CREATED' | 'UPDATING' | 'ACTIVE';

export interface UserRecord {
  readonly userId: string;
  readonly status: UserStatus;
  readonly faceCount: number;
  /** Grows with every change of the user's faces; see {@link CollectionStore.associateFaces}. */
  readonly revision: number;
}

/** A match of a search, best first; `score` is the exact dot product of the full vectors. */
export interface FaceHit {
  readonly face: FaceRecord;
  readonly score: number;
}

export interface UserHit {
  readonly user: UserRecord;
  readonly score: number;
}

export interface SearchOptions {
  /** Only scores at or above it; -Infinity for all. */
  readonly minScore: number;
  /** 1..4096. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What storing an image's faces did. */
export interface AddFacesResult {
  /** A row for each face of the request, in its order: the new one, or the one that stood there already. */
  readonly faces: readonly FaceRecord[];
  /** How many of them are new. */
  readonly stored: number;
}

/** Why an id was left alone. */
export interface FaceRefusal<Reason extends string> {
  readonly faceId: string;
  readonly reason: Reason;
  /** The user the face belongs to, where that is the reason. */
  readonly userId?: string;
}

/**
 * Collections with their faces, users and tags. Every method is one atomic, durable step: when it has resolved, the
 * change survives a kill, and every later read and search sees it. Implementations pass `tests/stores/collection-contract.ts`.
 */
export interface CollectionStore {
  /** @throws {StoreError} CollectionExists */
  createCollection(collection: {
    id: string;
    purpose: string;
    modelVersion: string;
    dimensions: number;
    tags: Readonly<Record<string, string>>;
    createdAtMs: number;
  }): Promise<CollectionRecord>;
  findCollection(collectionId: string): Promise<CollectionRecord | undefined>;
  /** In order of id, after `afterId`. */
  listCollections(page: { afterId?: string; limit: number }): Promise<readonly CollectionRecord[]>;
  countCollections(): Promise<number>;
  /** False when there was none. Faces, users, vectors and tags go with it. */
  deleteCollection(collectionId: string): Promise<boolean>;

  /** @throws {StoreError} CollectionNotFound */
  tags(collectionId: string): Promise<Readonly<Record<string, string>>>;
  /**
   * Sets tags over those that are there, or changes nothing.
   * @throws {StoreError} CollectionNotFound
   * @throws {StoreError} TagLimit when more than `limit` would stand
   */
  putTags(collectionId: string, tags: Readonly<Record<string, string>>, limit: number): Promise<void>;
  /** Keys that are not there are ignored. @throws {StoreError} CollectionNotFound */
  removeTags(collectionId: string, keys: readonly string[]): Promise<void>;

  /**
   * Stores an image's faces, rows and vectors together. A face whose box is, in every side within 1e-6, that of a stored
   * face of the same image under the same external id is that face, and is not stored again.
   * @throws {StoreError} CollectionNotFound
   * @throws {StoreError} CollectionFull when more than `maxFaces` would stand
   */
  addFaces(
    collectionId: string,
    image: {
      imageId: string;
      externalImageId?: string;
      modelVersion: string;
      faces: readonly NewFace[];
      maxFaces: number;
    },
  ): Promise<AddFacesResult>;
  findFaces(collectionId: string, faceIds: readonly string[]): Promise<readonly FaceRecord[]>;
  /** In the order they were stored; `after` is the `cursor` of the page before. @throws {StoreError} CollectionNotFound */
  listFaces(
    collectionId: string,
    page: { after?: number; limit: number; userId?: string; faceIds?: readonly string[] },
  ): Promise<{ faces: readonly FaceRecord[]; cursor?: number }>;
  /** Faces of a user are refused until they are disassociated. @throws {StoreError} CollectionNotFound */
  deleteFaces(
    collectionId: string,
    faceIds: readonly string[],
  ): Promise<{
    deleted: readonly string[];
    refused: readonly FaceRefusal<'FACE_NOT_FOUND' | 'ASSOCIATED_TO_AN_EXISTING_USER'>[];
  }>;
  /** The stored template of a face or of a user (the mean of its faces'); undefined when there is none. */
  faceTemplate(collectionId: string, faceId: string): Promise<Float32Array | undefined>;
  userTemplate(collectionId: string, userId: string): Promise<Float32Array | undefined>;

  /** Exact over every face of the collection, best first, equal scores by face id. @throws {StoreError} CollectionNotFound */
  searchFaces(
    collectionId: string,
    probe: Float32Array,
    options: SearchOptions & { excludeFaceIds?: ReadonlySet<string> },
  ): Promise<readonly FaceHit[]>;
  /** Exact over every user that has faces, best first. @throws {StoreError} CollectionNotFound */
  searchUsers(
    collectionId: string,
    probe: Float32Array,
    options: SearchOptions & { excludeUserIds?: ReadonlySet<string> },
  ): Promise<readonly UserHit[]>;

  /** @throws {StoreError} CollectionNotFound @throws {StoreError} UserExists */
  createUser(collectionId: string, userId: string): Promise<void>;
  findUser(collectionId: string, userId: string): Promise<UserRecord | undefined>;
  /** In order of user id. @throws {StoreError} CollectionNotFound */
  listUsers(collectionId: string, page: { afterUserId?: string; limit: number }): Promise<readonly UserRecord[]>;
  /** Its faces stay, without a user. @throws {StoreError} CollectionNotFound @throws {StoreError} UserNotFound */
  deleteUser(collectionId: string, userId: string): Promise<void>;
  /**
   * Gives faces to a user and rebuilds its vector from all its faces.
   * @param change.revision the user's revision that the decision was made on
   * @throws {StoreError} UserNotFound @throws {StoreError} UserFull when the user would hold more than `maxFaces`
   * @throws {StoreError} UserChanged when the user is no longer at that revision, or a face has gone or got another user
   */
  associateFaces(
    collectionId: string,
    userId: string,
    change: { faceIds: readonly string[]; revision: number; maxFaces: number },
  ): Promise<UserRecord>;
  /** Takes faces from a user and rebuilds its vector; back to CREATED without faces. @throws {StoreError} UserNotFound @throws {StoreError} UserChanged */
  disassociateFaces(
    collectionId: string,
    userId: string,
    change: { faceIds: readonly string[]; revision: number },
  ): Promise<UserRecord>;
}
