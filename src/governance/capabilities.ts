import type { OwnResponseOf, ServiceError } from '../contract/index.ts';
import type { CollectionRecord, CollectionStore, FaceRecord, Staging, UserStatus } from '../stores/ports/index.ts';
import type {
  EncodedImage,
  EquipmentDetector,
  FaceDetector,
  FaceEmbedder,
  FaceTemplate,
  LabelDetector,
  ModerationDetector,
  TextReader,
  VisualFeature,
} from '../vision/index.ts';
import type { AuditExporter, AuditReader } from './audit/index.ts';
import type { CelebrityDesk, CelebrityOptOutDesk, CelebrityReader, CelebritySearch } from './celebrities/desk.ts';
import type { ConsentDesk } from './consent/desk.ts';
import type { BoundDualControl } from './dual-control/index.ts';
import type { MasterKeyDesk } from './encryption/index.ts';
import type { ImageMemory } from './enforce/image-memory.ts';
import type { KeyDesk, PeopleDesk } from './people/index.ts';
import type { Policy, PurposeName } from './policy/index.ts';
import type { RetentionDesk } from './retention/desk.ts';
import type { BoundCannotLinks, BoundMinors, BoundReviewDesk } from './review/index.ts';
import type { ContestDesk, SubjectFile } from './subjects/index.ts';
import type { CollectionExporter, CollectionImporter } from './transfer/index.ts';

/** An image as a request names it: bytes or an object in a bucket; AWS's shape. */
export interface RequestedImage {
  readonly Bytes?: Uint8Array | undefined;
  readonly S3Object?:
    | {
        readonly Bucket?: string | undefined;
        readonly Name?: string | undefined;
        readonly Version?: string | undefined;
      }
    | undefined;
}

/** What an image may be for one operation, where that differs from what the server takes. */
export interface ImageBounds {
  /** Longest image in the request itself. */
  readonly maxInlineBytes?: number;
  /** Pixels; held when the image is decoded. */
  readonly minSide?: number;
  readonly maxSide?: number;
}

/** A match with its calibrated similarity, 0..100. */
export interface Similar {
  readonly similarity: number;
}

/** Reads the images that requests name. */
export interface ImageReader {
  /**
   * @param bounds of the operation's own, of `limits.images`
   * @throws {ServiceError} InvalidS3ObjectException, ImageTooLargeException, InvalidParameterException
   */
  read(
    image: RequestedImage | undefined,
    signal: AbortSignal,
    bounds?: ImageBounds,
  ): Promise<EncodedImage & { readonly imageId: string }>;
}

/** Compares templates of one request with each other; no match below the grant's floor. */
export interface FaceMatcher {
  readonly modelVersion: string;
  /** The similarity of those that reach `threshold` or the floor, whichever is higher; undefined for the others. */
  match(
    source: FaceTemplate,
    targets: readonly FaceTemplate[],
    threshold: number,
    signal: AbortSignal,
  ): Promise<readonly (number | undefined)[]>;
}

/** Searches the granted collection; no match below the grant's floor. */
export interface FaceSearch {
  searchFaces(
    probe: FaceTemplate,
    options: { threshold: number; limit: number; excludeFaceIds?: ReadonlySet<string> },
    signal: AbortSignal,
  ): Promise<readonly (Similar & { face: FaceRecord })[]>;
  searchUsers(
    probe: FaceTemplate,
    options: { threshold: number; limit: number; excludeUserIds?: ReadonlySet<string> },
    signal: AbortSignal,
  ): Promise<readonly (Similar & { user: { userId: string; status: UserStatus } })[]>;
  /** The stored template of a face or user as a probe; it never leaves the process. */
  faceProbe(faceId: string): Promise<FaceTemplate | undefined>;
  userProbe(userId: string): Promise<FaceTemplate | undefined>;
}

/** A method of the store bound to the granted collection. */
type Bound<Method> = Method extends (collectionId: string, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;
type BoundTo<Names extends keyof CollectionStore> = { [Name in Names]: Bound<CollectionStore[Name]> };

/** Reads the granted collection's rows; no template, no search. */
export interface CollectionReader extends BoundTo<'findFaces' | 'listFaces' | 'findUser' | 'listUsers' | 'tags'> {
  readonly record: CollectionRecord;
}

/** Stores and deletes faces of the granted collection. */
export interface FaceWriter extends BoundTo<'addFaces' | 'deleteFaces'> {
  readonly record: CollectionRecord;
  /** True where an image may enrol its largest face only, because one consent is one person's. */
  readonly oneFace?: true;
}

/** A face that is not moved to another face model, and why. */
export interface UnadmittedFace {
  readonly faceId: string;
  readonly reason: 'no-consent' | 'erasure-suspended';
}

/** Moves the granted collection to another face model; what it is given was computed of images that the caller kept. */
export interface Reembedder {
  readonly record: CollectionRecord;
  /** @throws {UnknownFaceModelError} when this server does not have the model */
  begin(modelVersion: string): Promise<Staging>;
  find(): Promise<Staging | undefined>;
  readonly pending: Bound<CollectionStore['listUnstagedFaces']>;
  /** Says of pending faces whether they may be embedded anew now. */
  admit(
    faces: readonly FaceRecord[],
  ): Promise<{ readonly admitted: readonly FaceRecord[]; readonly refused: readonly UnadmittedFace[] }>;
  /** @returns the faces that were staged; those that are no more are in neither list */
  stage(
    modelVersion: string,
    faces: readonly { readonly face: FaceRecord; readonly template: FaceTemplate }[],
  ): Promise<{ readonly staged: readonly string[]; readonly refused: readonly UnadmittedFace[] }>;
  /** @param dropFaceIds the faces to be deleted for want of a template, all of those that are pending */
  finish(
    modelVersion: string,
    dropFaceIds: readonly string[],
  ): Promise<{ readonly collection: CollectionRecord; readonly dropped: number }>;
  cancel(): Promise<boolean>;
}

/** Changes users of the granted collection. */
export interface UserWriter
  extends BoundTo<'createUser' | 'findUser' | 'deleteUser' | 'associateFaces' | 'disassociateFaces' | 'findFaces'> {
  readonly record: CollectionRecord;
  /**
   * Whether a face looks like the user as it stands, at `threshold` or the grant's floor, whichever is higher. A user
   * without faces matches everyone. The similarity 0..100 is told only where telling it is no search in disguise.
   */
  matchWithUser(userId: string, faceId: string, threshold: number): Promise<{ matches: boolean; similarity?: number }>;
}

/** Makes, lists and deletes collections that the key may see. */
export interface CollectionCatalog {
  create(collection: { id: string; tags: Readonly<Record<string, string>> }): Promise<CollectionRecord>;
  list(page: { afterId?: string; limit: number }): Promise<readonly CollectionRecord[]>;
  count(): Promise<number>;
  /** The granted one. */
  delete(): Promise<boolean>;
}

/** Changes the granted resource's tags. */
export interface TagWriter extends BoundTo<'tags' | 'putTags' | 'removeTags'> {}

/** Opaque, tamper-proof, expiring page tokens, bound to an operation and its parameters. */
export interface PageTokens {
  /** @param scope what must be the same on the next call, such as the collection and filters */
  issue(operation: string, scope: unknown, position: unknown): string;
  /** @throws {ServiceError} InvalidPaginationTokenException */
  redeem(operation: string, scope: unknown, token: string): unknown;
}

/** Runs a request with a client token at most once; a repeat gets the first answer. */
export interface Idempotency {
  /** @throws {ServiceError} IdempotentParameterMismatchException when the token was used with other parameters */
  once<Answer>(token: string | undefined, request: unknown, run: () => Promise<Answer>): Promise<Answer>;
}

/** Compares what whole pictures look like; knows no face and no person. */
export interface VisualSimilarity {
  /** Which nets look. */
  readonly version: string;
  /** What is held for this person and purpose of the image with this digest. */
  recall(sha256: string): VisualFeature | undefined;
  /**
   * Looks at an image, unless that is held.
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   */
  look(image: EncodedImage, sha256: string, signal: AbortSignal): Promise<VisualFeature>;
  /** 0..100, 100 for the same picture; what it means is measured in docs/similar.md. */
  similarity(a: VisualFeature, b: VisualFeature): number;
}

/** Says domain errors in AWS's terms, for operations that answer for several things one by one. */
export interface ErrorTerms {
  /** undefined for an error that is unexpected. */
  say(error: unknown): ServiceError | undefined;
}

/** Tells of the server's models, as data. */
export interface ModelCatalog {
  calibrations(faceModelVersion?: string): OwnResponseOf<'GetCalibration'>['calibrations'];
  models(): Promise<OwnResponseOf<'ListModels'>['models']>;
  packs(): Promise<OwnResponseOf<'ListModels'>['packs']>;
}

/** Tells which labels the installed models can return. */
export interface LabelCatalog {
  coverage(): Promise<OwnResponseOf<'ListLabels'>['sources']>;
}

/** Counts the audit log for the public. */
export interface TransparencyReporter {
  /** @param period whole months, both included @throws {DOMException} AbortError when the signal fires */
  report(
    period: { readonly from: string; readonly to: string },
    signal: AbortSignal,
  ): Promise<OwnResponseOf<'GetTransparencyReport'>>;
}

/** Signs reports for whoever may. */
export interface ReportSigner {
  /** @param report its JSON text @throws {ServiceError} InvalidParameterException when it is no report */
  sign(report: string): OwnResponseOf<'SignReport'>;
}

/** Makes backups of the whole server, in the caller's name. */
export interface BackupRoom {
  /** @throws {ServiceError} ConflictException while one runs */
  begin(): Promise<OwnResponseOf<'CreateBackup'>['backup']>;
  list(): Promise<OwnResponseOf<'ListBackups'>['backups']>;
}

/** Everything that an operation can be given; it is given just what its definition needs and its grant allows. */
export interface Capabilities {
  readonly images: ImageReader;
  readonly faceDetector: FaceDetector;
  readonly faceEmbedder: FaceEmbedder;
  readonly labelDetector: LabelDetector;
  readonly faceMatcher: FaceMatcher;
  readonly faceSearch: FaceSearch;
  readonly collectionReader: CollectionReader;
  readonly collectionCatalog: CollectionCatalog;
  readonly faceWriter: FaceWriter;
  readonly userWriter: UserWriter;
  readonly moderationDetector: ModerationDetector;
  /** Reads what is written in images, and the version that does. */
  readonly textReader: TextReader;
  readonly reembedder: Reembedder;
  /** Moves the granted collection out as an encrypted file, and one in. */
  readonly collectionExporter: CollectionExporter;
  readonly collectionImporter: CollectionImporter;
  readonly equipmentDetector: EquipmentDetector;
  readonly visualSimilarity: VisualSimilarity;
  /** Remembers what was computed of images, for this person and purpose alone. */
  readonly imageMemory: ImageMemory;
  readonly errorTerms: ErrorTerms;
  readonly tagWriter: TagWriter;
  readonly pageTokens: PageTokens;
  readonly idempotency: Idempotency;
  /** The policy, and the purpose of collections made without a tag. */
  readonly policyInForce: { readonly policy: Policy; readonly defaultPurpose: PurposeName };
  readonly auditReader: AuditReader;
  /** The book of consents, in the caller's name. */
  readonly consents: ConsentDesk;
  readonly auditExporter: AuditExporter;
  /** The public half of the key that the server signs with. */
  readonly publicKey: { readonly keyId: string; readonly publicKeyPem: string };
  /** What the models are and what their answers mean; reaches none of them. */
  readonly modelCatalog: ModelCatalog;
  /** What labels there are, as data; loads no model. */
  readonly labelCatalog: LabelCatalog;
  readonly reportSigner: ReportSigner;
  readonly transparency: TransparencyReporter;
  /** What a person may do with the token of their receipt. */
  readonly subjectFile: SubjectFile;
  /** What persons say is wrong, for those who must answer. */
  readonly contestDesk: ContestDesk;
  /** What takes two persons: runs it where one may, else keeps it for another to approve. */
  readonly dualControl: BoundDualControl;
  /** The persons of this server, and their access keys. */
  readonly peopleDesk: PeopleDesk;
  readonly keyDesk: KeyDesk;
  /** Cases for reviewers, their outcomes for requesters, in the caller's name. */
  readonly reviewDesk: BoundReviewDesk;
  readonly cannotLinks: BoundCannotLinks;
  readonly minors: BoundMinors;
  readonly masterKeyDesk: MasterKeyDesk;
  /** Erasure, legal holds and retention, in the caller's name. */
  readonly retention: RetentionDesk;
  /** Recognises public figures by the configured gallery, where it stands. */
  readonly celebritySearch: CelebritySearch;
  readonly celebrityReader: CelebrityReader;
  readonly celebrityDesk: CelebrityDesk;
  readonly celebrityOptOuts: CelebrityOptOutDesk;
  /** Backups that the server makes of itself. */
  readonly backups: BackupRoom;
  /** Says the server's settings that answers show: region, account, limits. */
  readonly account: {
    readonly region: string;
    readonly accountId: string;
    readonly collectionMaxFaces: number;
    readonly maxCollections: number;
  };
}

/** The name of a capability. */
export type CapabilityName = keyof Capabilities;
