import { sha256Hex } from './canonical-json.ts';
import { type DocumentSignature, type Signed, type Signer, signDocument, verifyDocument } from './signing.ts';

/** How a passphrase becomes a key: scrypt's parameters (RFC 7914). */
export interface PassphraseTerms {
  /** Base64 of 16 bytes. */
  readonly salt: string;
  /** N, a power of two. */
  readonly cost: number;
  /** r */
  readonly blockSize: number;
  /** p */
  readonly parallelization: number;
}

/** What stands at the beginning of an exported collection, readable by all: no name of a person, no face. */
export interface CollectionFileHeader {
  readonly format: 'likeness-collection-export';
  readonly version: 1;
  readonly exportId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC; from then on it is not imported. */
  readonly expiresAt: string;
  /** The release that wrote it. */
  readonly software: string;
  readonly collectionId: string;
  readonly purpose: string;
  readonly faceModelVersion: string;
  readonly dimensions: number;
  /** Base64: the X25519 public key that the file's key is sealed for. */
  readonly recipient: string;
  /** Present where the recipient's private key comes from a passphrase. */
  readonly passphrase?: PassphraseTerms;
  /** Base64: the key of this file alone, in a sealed box for the recipient. */
  readonly sealedKey: string;
  readonly policyDigest: string;
  /** SPKI of the exporting server's key, which signed this and every frame. */
  readonly publicKeyPem: string;
  readonly signature: DocumentSignature;
}

/** The parts of a file, in their order. */
export const collectionFileParts = [
  'about',
  'minors',
  'cannot-links',
  'consents',
  'users',
  'faces',
  'roll',
  'end',
] as const;

/** The name of a part. */
export type CollectionFilePart = (typeof collectionFileParts)[number];

/** What a file holds up to a place. */
export interface CollectionFileTotals {
  /** On the roll. */
  readonly faces: number;
  /** Of those, faces of users. */
  readonly facesOfUsers: number;
  readonly users: number;
  readonly consents: number;
  readonly cannotLinks: number;
  readonly minors: number;
  /** Hex: the sum, modulo 2^256, of the digests of the faces on the roll; see {@link faceDigest}. */
  readonly digest: string;
}

/** The readable part of a frame, signed by the exporting server. */
export interface FrameHead {
  readonly format: 'likeness-collection-frame';
  /** Hex SHA-256 of the header's bytes: the file it belongs to. */
  readonly file: string;
  /** 0, 1, 2 ... */
  readonly index: number;
  readonly part: CollectionFilePart;
  /** Hex SHA-256 of the signature of the frame before it, of the header's at first: its place in the file. */
  readonly chain: string;
  /** Hex SHA-256 of its sealed bytes. */
  readonly sealedSha256: string;
  /** Up to and with this frame. */
  readonly totals: CollectionFileTotals;
  /** The index of the first frame with faces, once it is known. */
  readonly facesFrom?: number;
  /** Where the walk over the faces was after the last face of the file. */
  readonly lastFace?: number;
  /** In frames of faces and of the roll: the faces after one cursor and up to another. */
  readonly range?: { readonly after: number; readonly upTo: number };
  /** What comes next; absent at the end. */
  readonly next?: { readonly part: CollectionFilePart; readonly after?: string };
}

/** A frame as it stands in the file. */
export interface CollectionFrame {
  readonly head: Signed<FrameHead>;
  readonly sealed: Uint8Array;
}

/** A file that cannot be used; the message says where and why. */
export class CollectionFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CollectionFileError';
  }
}

/** Leads every file. */
export const collectionFileMagic = Buffer.from('LIKENESS COLLECTION\n', 'latin1');
/** Longest header, and longest head of a frame. */
export const mostHeadBytes = 16 * 1024;
/** Longest sealed part of a frame. */
export const mostSealedBytes = 4 * 2 ** 20;
/** Of the two lengths that lead a frame. */
export const frameLengthBytes = 8;

/** What the file's key is sealed about. */
export function aboutFileKey(exportId: string): string {
  return `likeness collection export ${exportId}`;
}

/** What a frame is sealed about. */
export function aboutFrame({ file, index, part }: Pick<FrameHead, 'file' | 'index' | 'part'>): string {
  return `likeness collection frame ${file} ${index} ${part}`;
}

/** What the file's key is sealed about on its way to the server that imports it. */
export function aboutImportKey(importId: string): string {
  return `likeness collection import ${importId}`;
}

/** The beginning of a file: the mark, the length of the header, the header. */
export function startOfFile(headerText: string): Buffer {
  const header = Buffer.from(headerText, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([collectionFileMagic, length, header]);
}

/**
 * Reads a header and holds it to its own signature. Whether the key that signed it is one to be trusted is another
 * question.
 *
 * @throws {CollectionFileError}
 */
export function readHeader(text: string): CollectionFileHeader {
  const header = jsonOf(text) as Partial<CollectionFileHeader> | undefined;
  if (header?.format !== 'likeness-collection-export') {
    throw new CollectionFileError('the file is no collection exported by Likeness');
  }
  if (header.version !== 1) {
    throw new CollectionFileError(
      `the file is of version ${String(header.version)} of the format, and this release reads version 1: use a newer one`,
    );
  }
  const isWhole =
    [
      header.exportId,
      header.createdAt,
      header.expiresAt,
      header.collectionId,
      header.purpose,
      header.faceModelVersion,
      header.recipient,
      header.sealedKey,
      header.publicKeyPem,
    ].every((member) => typeof member === 'string') &&
    Number.isFinite(Date.parse(header.createdAt ?? '')) &&
    Number.isFinite(Date.parse(header.expiresAt ?? '')) &&
    Number.isSafeInteger(header.dimensions);
  if (!isWhole || !verifyDocument(header.publicKeyPem ?? '', header as CollectionFileHeader)) {
    throw new CollectionFileError('the header of the file is not as it was written');
  }
  return header as CollectionFileHeader;
}

/** Signs and joins a frame. */
export function makeFrame(signer: Signer, head: Omit<FrameHead, 'sealedSha256'>, sealed: Uint8Array): CollectionFrame {
  return { head: signDocument(signer, { ...head, sealedSha256: sha256Hex(sealed) }), sealed };
}

/** A frame's bytes: two lengths, the head, the sealed part. */
export function frameBytes({ head, sealed }: CollectionFrame): Buffer {
  const text = Buffer.from(JSON.stringify(head), 'utf8');
  const lengths = Buffer.alloc(frameLengthBytes);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(sealed.length, 4);
  return Buffer.concat([lengths, text, sealed]);
}

/** Reads the two lengths that lead a frame; undefined for lengths that no frame has. */
export function readFrameLengths(bytes: Uint8Array): { head: number; sealed: number } | undefined {
  const view = Buffer.from(bytes);
  const [head, sealed] = [view.readUInt32BE(0), view.readUInt32BE(4)];
  return head > 0 && head <= mostHeadBytes && sealed <= mostSealedBytes ? { head, sealed } : undefined;
}

/**
 * Reads one frame and holds it to its signature and its file.
 *
 * @param bytes the whole frame
 * @throws {CollectionFileError}
 */
export function readFrame(bytes: Uint8Array, about: { file: string; publicKeyPem: string }): CollectionFrame {
  const lengths = bytes.length < frameLengthBytes ? undefined : readFrameLengths(bytes.subarray(0, frameLengthBytes));
  if (lengths === undefined || bytes.length !== frameLengthBytes + lengths.head + lengths.sealed) {
    throw new CollectionFileError('a frame has a length that no frame has');
  }
  const headEnd = frameLengthBytes + lengths.head;
  const head = readFrameHead(Buffer.from(bytes.subarray(frameLengthBytes, headEnd)).toString('utf8'), about);
  const sealed = bytes.subarray(headEnd);
  if (sha256Hex(sealed) !== head.sealedSha256) {
    throw new CollectionFileError(`frame ${head.index} is not as it was written`);
  }
  return { head, sealed };
}

/** Reads the head of a frame and holds it to its signature and its file. @throws {CollectionFileError} */
export function readFrameHead(text: string, about: { file: string; publicKeyPem: string }): Signed<FrameHead> {
  const head = jsonOf(text) as Partial<Signed<FrameHead>> | undefined;
  const isWhole =
    head?.format === 'likeness-collection-frame' &&
    Number.isSafeInteger(head.index) &&
    collectionFileParts.some((part) => part === head.part) &&
    typeof head.sealedSha256 === 'string' &&
    typeof head.totals?.digest === 'string' &&
    verifyDocument(about.publicKeyPem, head as Signed<FrameHead>);
  if (!isWhole) throw new CollectionFileError('a frame is not as it was written');
  if (head.file !== about.file) throw new CollectionFileError('a frame belongs to another file');
  return head as Signed<FrameHead>;
}

/** The chain value of what follows a header or a frame. */
export function chainAfter({ signature }: { readonly signature: DocumentSignature }): string {
  return sha256Hex(signature.value);
}

/**
 * The digest of a face without its template and user: SHA-256 of the JSON array of id, image id, external image id or
 * null, box, confidence and time.
 */
export function faceDigest(face: {
  readonly faceId: string;
  readonly imageId: string;
  readonly externalImageId?: string;
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly confidence: number;
  readonly storedAtMs: number;
}): string {
  const { left, top, width, height } = face.box;
  const box = [left, top, width, height];
  return sha256Hex(
    JSON.stringify([
      face.faceId,
      face.imageId,
      face.externalImageId ?? null,
      box,
      face.confidence,
      Math.round(face.storedAtMs),
    ]),
  );
}

/** The digest of no faces. */
export const noDigest = '0'.repeat(64);

/** Adds digests modulo 2^256: the digest of several faces, in whatever order. @param digests hex, 64 digits */
export function addDigests(...digests: readonly string[]): string {
  const sum = digests.reduce((total, digest) => total + BigInt(`0x${digest}`), 0n);
  return BigInt.asUintN(256, sum).toString(16).padStart(64, '0');
}

/** What is left of a digest without those of some faces. */
export function subtractDigests(from: string, digest: string): string {
  return BigInt.asUintN(256, BigInt(`0x${from}`) - BigInt(`0x${digest}`))
    .toString(16)
    .padStart(64, '0');
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
