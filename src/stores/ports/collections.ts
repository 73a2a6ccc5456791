import type { Box } from '../../shared/geometry.ts';

/** A collection as it is stored. */
export interface CollectionRecord {
  readonly id: string;
  /** The purpose it was made for; never changes. */
  readonly purpose: string;
  /** The face model its templates were made with; changes by {@link CollectionStore.switchModel} alone. */
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
  /** By the store's clock. Of a face stored before version 2 of the schema: when its collection was made. */
  readonly storedAtMs: number;
}

/**
 * One whom a collection knows: a name (external image id or user id) or, of a face that has no external image id, the
 * face itself under its face id.
 */
export interface SubjectRecord {
  readonly subject: string;
  /** `face`: an unnamed face that belongs to no user either. */
  readonly kind: 'name' | 'face';
  /** Faces under this external image id or of this user. */
  readonly faces: number;
  /** When the subject's key was made: the first enrolment since it was last erased. */
  readonly storedAtMs: number;
  /** The day of the last use that was noted of any of its faces. */
  readonly lastUsedAtMs?: number;
}

/** What erasing removed. */
export interface ErasedSubject {
  readonly faces: number;
  readonly users: number;
  /** Data keys destroyed; an unnamed face has one of its own. */
  readonly keys: number;
}

/** A face about to be stored. */
export interface NewFace {
  readonly faceId: string;
  readonly box: Box;
  readonly confidence: number;
  /** Of the collection's dimensions. */
  readonly template: Float32Array;
}

/** A face with its template, on its way from one store to another. */
export interface MovedFace extends Omit<FaceRecord, 'userId' | 'modelVersion'> {
  /** Of the collection's dimensions, as it was given when the face was stored, to 1e-6. */
  readonly template: Float32Array;
}

/** A face as a walk over a collection meets it. */
export interface WalkedFace {
  readonly face: FaceRecord;
  /** Where the walk is after it; grows from face to face. */
  readonly cursor: number;
  /** Where it was asked for. */
  readonly template?: Float32Array;
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

/** A collection's move to another face model. */
export interface Staging {
  readonly modelVersion: string;
  readonly dimensions: number;
  readonly startedAtMs: number;
  /** Faces whose template by that model is there. */
  readonly stagedFaces: number;
  /** The others. */
  readonly pendingFaces: number;
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
 *
 * Templates are kept encrypted under a key of their subject and turned by a secret rotation of their collection;
 * probes and scores are those of the templates that were given, to 1e-6. Names (external image ids, user ids, tags),
 * boxes and times stand in plain text: they are searched by. What a deletion removed is overwritten in every file,
 * with the keys that nothing uses any more, before it resolves.
 */
export interface CollectionStore {
  /**
   * The store for one collection and no other: what is asked of a collection that was made later under its name is
   * answered as if there were none. What was judged by one purpose thus never reaches a collection of another. One that
   * was moved to another face model is refused (StoreError model-changed), also while a search of it runs.
   */
  only(collection: Pick<CollectionRecord, 'id' | 'purpose' | 'createdAtMs' | 'modelVersion'>): CollectionStore;
  /** @throws {StoreError} CollectionExists */
  createCollection(collection: {
    id: string;
    purpose: string;
    modelVersion: string;
    dimensions: number;
    tags: Readonly<Record<string, string>>;
    createdAtMs: number;
  }): Promise<CollectionRecord>;
  /**
   * @param options.evenDamaged finds a quarantined collection too, where its own row is sound: to delete it
   * @throws {StoreError} Corrupt when it is quarantined
   */
  findCollection(
    collectionId: string,
    options?: { readonly evenDamaged?: boolean },
  ): Promise<CollectionRecord | undefined>;
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
   * @throws {StoreError} ModelChanged when the templates are of another model than the collection's
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

  /**
   * Names a subject without telling who it is: HMAC-SHA256 under its data key, in hex. Whoever holds everything but
   * the key cannot link it to the subject once that is destroyed; a subject that comes back gets another.
   *
   * @returns undefined when the collection has no such subject @throws {StoreError} CollectionNotFound
   */
  subjectPseudonym(collectionId: string, subject: string): Promise<string | undefined>;
  /** Names first, then unnamed faces; `after` is the `cursor` of the page before. @throws {StoreError} CollectionNotFound */
  listSubjects(
    collectionId: string,
    page: { after?: string; limit: number },
  ): Promise<{ subjects: readonly SubjectRecord[]; cursor?: string }>;
  /** Visits every subject of every collection that can be read, at start, to compare with the tombstones. */
  forEachSubject(
    visit: (subject: { collectionId: string; purpose: string; subject: string; storedAtMs: number }) => void,
  ): Promise<void>;
  /** The faces under this external image id, of this user, or the unnamed face of this id. @throws {StoreError} CollectionNotFound */
  findFacesOfSubject(collectionId: string, subject: string): Promise<readonly FaceRecord[]>;
  /** The best exact score against the subject's faces; undefined when it has none. @throws {StoreError} CollectionNotFound */
  scoreAgainstSubject(collectionId: string, subject: string, template: Float32Array): Promise<number | undefined>;
  /** Removes the subject's faces, even those of another user, its user and its keys. Idempotent. @throws {StoreError} CollectionNotFound */
  eraseSubject(collectionId: string, subject: string): Promise<ErasedSubject>;
  /** As {@link CollectionStore.deleteFaces}, and faces of a user too, whose vector is rebuilt. @throws {StoreError} CollectionNotFound */
  eraseFaces(collectionId: string, faceIds: readonly string[]): Promise<ErasedSubject>;
  /** Notes the day on which faces were used; ids that are not there are ignored. @throws {StoreError} CollectionNotFound */
  markUsed(collectionId: string, faceIds: readonly string[], atMs: number): Promise<void>;
  /**
   * Faces that were stored before a time, or neither stored nor used since another, oldest first.
   * @throws {StoreError} CollectionNotFound
   */
  facesDue(
    collectionId: string,
    due: { storedBeforeMs?: number; unusedSinceMs?: number; limit: number },
  ): Promise<readonly FaceRecord[]>;

  /**
   * Begins to move a collection to another face model, or goes on with the move that was begun to that model. Searches
   * and enrolments go on with the collection's own until the switch. What of the staged templates was damaged meanwhile
   * is dropped, so that it is made again.
   * @throws {StoreError} CollectionNotFound @throws {StoreError} StagingExists when it is on its way to a third model
   */
  beginStaging(
    collectionId: string,
    to: { modelVersion: string; dimensions: number; startedAtMs: number },
  ): Promise<Staging>;
  /** The move that was begun; undefined when there is none. @throws {StoreError} CollectionNotFound */
  findStaging(collectionId: string): Promise<Staging | undefined>;
  /**
   * Faces without a staged template, in the order they were stored; of one image where `imageId` is given.
   * @throws {StoreError} CollectionNotFound @throws {StoreError} StagingNotFound
   */
  listUnstagedFaces(
    collectionId: string,
    page: { after?: number; limit: number; imageId?: string },
  ): Promise<{ faces: readonly FaceRecord[]; cursor?: number }>;
  /**
   * Stages templates, sealed as the faces' own are. Faces that are not there (any more) are left out; those that are
   * staged already get the new template.
   * @returns the faces that were staged @throws {StoreError} CollectionNotFound
   * @throws {StoreError} StagingNotFound when no move to that model was begun
   */
  stageTemplates(
    collectionId: string,
    modelVersion: string,
    faces: readonly { faceId: string; template: Float32Array }[],
  ): Promise<readonly string[]>;
  /** Gives a move up and overwrites what was staged; false when there was none. @throws {StoreError} CollectionNotFound */
  dropStaging(collectionId: string): Promise<boolean>;
  /**
   * Replaces every face's template by the staged one, and the collection's model with them, rows and index at one
   * moment. Face ids, names, boxes, times, tags and users stay; every user gets a new revision and its vector anew.
   * @param change.dropFaceIds faces to be deleted for want of a template; none of them may have one
   * @throws {StoreError} CollectionNotFound @throws {StoreError} StagingNotFound
   * @throws {StoreError} StagingIncomplete when others are pending than those
   */
  switchModel(
    collectionId: string,
    change: { modelVersion: string; dropFaceIds: readonly string[] },
  ): Promise<{ readonly collection: CollectionRecord; readonly dropped: number }>;

  /**
   * The faces after one cursor and up to another, in the order they were stored, as they stand now; fewer than `limit`
   * at the end. Templates cost about half a millisecond each, on the thread that asks.
   * @throws {StoreError} CollectionNotFound
   */
  walkFaces(
    collectionId: string,
    page: { after?: number; upTo?: number; limit: number; templates: boolean },
  ): Promise<readonly WalkedFace[]>;
  /**
   * Stores faces of another store under their own ids and times, without users, all of them or none. One that stands
   * here already, the same in everything, is not stored again.
   * @returns the ids of those that are new
   * @throws {StoreError} CollectionNotFound @throws {StoreError} ModelChanged when they are of another model
   * @throws {StoreError} FaceExists when another face bears one of the ids
   * @throws {StoreError} CollectionFull when more than `maxFaces` would stand
   */
  importFaces(
    collectionId: string,
    moved: { modelVersion: string; faces: readonly MovedFace[]; maxFaces: number },
  ): Promise<readonly string[]>;
}
