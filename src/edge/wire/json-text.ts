import { isAscii, isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Base64Text, ServiceError } from '../../contract/index.ts';
import { decodeBase64In } from '../../shared/base64.ts';

/** No request of the API nests deeper than 10. */
const deepest = 64;

const quote = 0x22;
const backslash = 0x5c;

/** Strings from this length on are decoded straight from the body where they are base64, bytes. */
const longText = 65_536;
/** What may stand beside long strings for them to be cut out, bytes: putting them back visits every value there is. */
const mostBeside = 65_536;
/** Stands for cut-out strings; nobody who sends a body can know it. */
const standIn = randomUUID();

/** A string's content within a body. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a body as JSON: UTF-8, at most 64 levels deep.
 *
 * @returns what `JSON.parse` gives, but for long base64 texts, which may be {@link Base64Text}: an image of 2 MB is
 * read in 1 ms instead of 4
 * @throws {ServiceError} SerializationException
 */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) throw new ServiceError('SerializationException', 'The body is empty; send {} at least.');
  const long = longStrings(body);
  if (long === undefined) {
    throw new ServiceError('SerializationException', `The body nests deeper than ${deepest} levels.`);
  }
  try {
    if (!isUtf8(body)) throw new SyntaxError('not UTF-8');
    return parseAround(body, long) ?? (JSON.parse(textOf(body)) as unknown);
  } catch (cause) {
    // Without the parser's own words: they quote the body.
    throw new ServiceError('SerializationException', 'The body is not JSON in UTF-8.', { cause });
  }
}

/** Plain ASCII, as bodies with images are, decodes in half the time as Latin-1. */
function textOf(body: Uint8Array): string {
  return bufferOf(body).toString(isAscii(body) ? 'latin1' : 'utf8');
}

function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.length);
}

/**
 * Parses a body with its long strings cut out and decoded by themselves.
 *
 * @returns undefined where that isn't the same as parsing it whole: a long string is no base64, or is no value that stays
 * @throws {SyntaxError}
 */
function parseAround(body: Uint8Array, long: readonly Span[]): unknown {
  const cut = long.reduce((sum, { start, end }) => sum + end - start, 0);
  if (long.length === 0 || body.length - cut > mostBeside) return undefined;
  const buffer = bufferOf(body);
  const parts: string[] = [];
  const decoded = new Map<string, Base64Text>();
  let from = 0;
  for (const { start, end } of long) {
    const bytes = decodeBase64In(buffer, start, end);
    if (bytes === undefined) return undefined;
    const name = `${standIn}${decoded.size}`;
    decoded.set(name, new Base64Text(bytes, () => buffer.toString('latin1', start, end)));
    // What is around a string are whole characters: a quote is never a part of one.
    parts.push(buffer.toString('utf8', from, start), name);
    from = end;
  }
  parts.push(buffer.toString('utf8', from));
  let placed = 0;
  const parsed: unknown = JSON.parse(parts.join(''), (_key, value: unknown) => {
    const text = typeof value === 'string' ? decoded.get(value) : undefined;
    if (text !== undefined) placed += 1;
    return text ?? value;
  });
  // A member's name, or a member that a later one of its name replaces, is not among the values.
  return placed === decoded.size ? parsed : undefined;
}

/**
 * Counts brackets outside of strings; strings, the bulk of an image's body, are skipped at native speed.
 *
 * @returns the long strings there are, or undefined where it nests too deep
 */
function longStrings(body: Uint8Array): readonly Span[] | undefined {
  const long: Span[] = [];
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === quote) {
      const start = at + 1;
      at = endOfString(body, at);
      if (at < 0) return long;
      if (at - start >= longText) long.push({ start, end: at });
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) return undefined;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return long;
}

/** Where the string that begins at `start` ends; -1 when it doesn't. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    at = body.indexOf(quote, at + 1);
    if (at < 0) return -1;
    let slashes = 0;
    while (body[at - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}
