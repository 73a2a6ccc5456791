import type { MovedFace } from '../../stores/ports/index.ts';

/** What the frames of each part hold, once opened. */
export interface Payloads {
  readonly about: {
    readonly collectionCreatedAt: string;
    readonly tags: Readonly<Record<string, string>>;
    /** Cannot-links with a probe image at one end, which no other server could recognise. */
    readonly probeLinksLeftOut: number;
  };
  readonly minors: { readonly marks: readonly MovedMinor[] };
  readonly 'cannot-links': { readonly links: readonly MovedLink[] };
  /** Signed receipts as their persons have them. */
  readonly consents: { readonly receipts: readonly unknown[] };
  readonly users: { readonly userIds: readonly string[] };
  /** Who still stands, and in which user, when the file was ended: `[faceId, userId or null]`. */
  readonly roll: { readonly faces: readonly (readonly [faceId: string, userId: string | null])[] };
}

/** A minor's mark in a file. */
export interface MovedMinor {
  readonly subject: string;
  readonly purpose: string;
  readonly person: string;
  readonly reason: string;
  readonly source: 'person' | 'receipt';
  readonly adultFrom?: string;
}

/** A cannot-link in a file; its ends lie in the collection. */
export interface MovedLink {
  readonly one: Readonly<Record<string, string>>;
  readonly other: Readonly<Record<string, string>>;
  readonly persons: readonly string[];
  readonly reason: string;
  readonly source: 'person' | 'review' | 'subject';
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const externalId = /^[a-zA-Z0-9_.\-:]{1,255}$/;
const userName = /^[a-zA-Z0-9\-_.:]{1,128}$/;
const day = /^\d{4}-\d{2}-\d{2}$/;
/**
 * A template's length. Scores are plain dot products, so that a longer one would be found by every search. Measured: 0.949
 * to 0.978 with the built-in face models, 1 with SFace.
 */
const templateLength = { least: 0.5, most: 1.1 };

/** Something in a file that no server writes. */
export class PayloadError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'PayloadError';
  }
}

/** A payload that is JSON alone. */
export function encodePayload<Part extends keyof Payloads>(_part: Part, payload: Payloads[Part]): Buffer {
  return Buffer.from(JSON.stringify(payload), 'utf8');
}

/** Faces: the length of their JSON (u32, big-endian), the JSON, their templates (float32, little-endian) in its order. */
export function encodeFaces(faces: readonly MovedFace[]): Buffer {
  const rows = faces.map(({ template: _, ...row }) => row);
  const json = Buffer.from(JSON.stringify({ faces: rows }), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  const templates = faces.map(({ template }) => {
    const bytes = Buffer.alloc(template.length * 4);
    for (const [i, value] of template.entries()) bytes.writeFloatLE(value, i * 4);
    return bytes;
  });
  return Buffer.concat([length, json, ...templates]);
}

/** Reads faces, and takes no value that a server would not have stored. @throws {PayloadError} */
export function decodeFaces(
  payload: Uint8Array,
  expected: { readonly dimensions: number; readonly nowMs: number },
): readonly MovedFace[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const jsonBytes = bytes.length < 4 ? -1 : bytes.readUInt32BE(0);
  if (jsonBytes < 0 || 4 + jsonBytes > bytes.length) throw new PayloadError('faces of a length that cannot be');
  const rows = rowsOf(parse(bytes.subarray(4, 4 + jsonBytes)), 'faces');
  const width = expected.dimensions * 4;
  const start = 4 + jsonBytes;
  if (bytes.length !== start + rows.length * width) throw new PayloadError('templates of another length');
  return rows.map((row, i) => {
    const template = new Float32Array(expected.dimensions);
    for (let d = 0; d < template.length; d += 1) template[d] = bytes.readFloatLE(start + i * width + d * 4);
    return faceOf(row, template, expected.nowMs);
  });
}

/** Reads a payload of JSON and holds it to its form. @throws {PayloadError} */
export function decodePayload<Part extends keyof Payloads>(part: Part, payload: Uint8Array): Payloads[Part] {
  const value = parse(payload);
  const read: { readonly [P in keyof Payloads]: () => Payloads[P] } = {
    about: () => {
      const { collectionCreatedAt, tags, probeLinksLeftOut } = recordOf(value);
      const entries = Object.entries(recordOf(tags));
      return {
        collectionCreatedAt: textOf(collectionCreatedAt, 64),
        tags: Object.fromEntries(entries.map(([key, tag]) => [textOf(key, 128), textOf(tag, 256, 0)])),
        probeLinksLeftOut: numberOf(probeLinksLeftOut, 0, Number.MAX_SAFE_INTEGER),
      };
    },
    minors: () => ({ marks: rowsOf(value, 'marks').map(minorOf) }),
    'cannot-links': () => ({ links: rowsOf(value, 'links').map(linkOf) }),
    consents: () => ({ receipts: rowsOf(value, 'receipts') }),
    users: () => ({ userIds: listOf(recordOf(value).userIds).map((id) => matching(id, userName, 'user id')) }),
    roll: () => ({
      faces: listOf(recordOf(value).faces).map((entry) => {
        const [faceId, userId] = listOf(entry);
        return [
          matching(faceId, uuid, 'face id'),
          userId === null ? null : matching(userId, userName, 'user id'),
        ] as const;
      }),
    }),
  };
  return read[part]();
}

function faceOf(row: Readonly<Record<string, unknown>>, template: Float32Array, nowMs: number): MovedFace {
  const { faceId, imageId, externalImageId, confidence, storedAtMs } = row;
  const box = recordOf(row.box);
  let length = 0;
  for (const value of template) length += value * value;
  const isTemplate = Math.sqrt(length) >= templateLength.least && Math.sqrt(length) <= templateLength.most;
  if (!isTemplate) throw new PayloadError('a template of a length that no face model gives');
  return {
    faceId: matching(faceId, uuid, 'face id'),
    imageId: matching(imageId, uuid, 'image id'),
    ...(externalImageId !== undefined && { externalImageId: matching(externalImageId, externalId, 'name') }),
    box: {
      // A face at the edge of its image reaches beyond it.
      left: numberOf(box.left, -10, 10),
      top: numberOf(box.top, -10, 10),
      width: numberOf(box.width, 0, 10),
      height: numberOf(box.height, 0, 10),
    },
    confidence: numberOf(confidence, 0, 100),
    // One from the future would outlive its retention, and every erasure.
    storedAtMs: Math.round(numberOf(storedAtMs, 0, nowMs)),
    template,
  };
}

function minorOf(row: Readonly<Record<string, unknown>>): MovedMinor {
  const { subject, purpose, person, reason, source, adultFrom } = row;
  if (source !== 'person' && source !== 'receipt') throw new PayloadError("a minor's mark of no known source");
  return {
    subject: matching(subject, externalId, 'subject'),
    purpose: textOf(purpose, 64),
    person: textOf(person, 64),
    reason: textOf(reason, 2000),
    source,
    ...(adultFrom !== undefined && { adultFrom: matching(adultFrom, day, 'day') }),
  };
}

function linkOf(row: Readonly<Record<string, unknown>>): MovedLink {
  const { one, other, persons, reason, source } = row;
  if (source !== 'person' && source !== 'review' && source !== 'subject') {
    throw new PayloadError('a cannot-link of no known source');
  }
  const end = (value: unknown): Readonly<Record<string, string>> => {
    const [[kind, id] = ['', ''], ...more] = Object.entries(recordOf(value));
    const pattern = kind === 'faceId' ? uuid : kind === 'userId' || kind === 'externalImageId' ? externalId : undefined;
    if (pattern === undefined || more.length > 0) throw new PayloadError('a cannot-link with an end that is none');
    return { [kind]: matching(id, pattern, 'end of a cannot-link') };
  };
  return {
    one: end(one),
    other: end(other),
    persons: listOf(persons).map((person) => textOf(person, 64)),
    reason: textOf(reason, 2000),
    source,
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw new PayloadError('what is no JSON');
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new PayloadError('what is no object');
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new PayloadError('what is no list');
}

function rowsOf(value: unknown, member: string): readonly Readonly<Record<string, unknown>>[] {
  return listOf(recordOf(value)[member]).map(recordOf);
}

function textOf(value: unknown, most: number, least = 1): string {
  if (typeof value === 'string' && value.length >= least && value.length <= most) return value;
  throw new PayloadError('a text that is none, or too long');
}

function matching(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new PayloadError(`a ${what} that is none`);
}

function numberOf(value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new PayloadError('a number out of its range');
}
