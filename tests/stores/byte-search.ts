import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Where something was found, and in which form. */
export interface Find {
  readonly file: string;
  readonly form: string;
  readonly at: number;
}

/**
 * Every file below a folder, its log and index files included, as another process reads them: opening and closing a
 * database file here would drop SQLite's locks on it.
 */
export function filesBelow(folder: string): ReadonlyMap<string, Buffer> {
  const copies = mkdtempSync(join(tmpdir(), 'likeness-bytes-'));
  try {
    execFileSync('cp', ['-r', folder, copies]);
    const root = join(copies, basename(folder));
    const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
      names.map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(root.length + 1), readFileSync(path)];
      }),
    );
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

/** Where these exact bytes stand, as they are, in hex or in Base64 at any of its three alignments. */
export function findBytes(files: ReadonlyMap<string, Buffer>, bytes: Uint8Array, what: string): Find[] {
  const wanted = Buffer.from(bytes);
  const forms: [string, Buffer][] = [
    [what, wanted],
    [`${what} in hex`, Buffer.from(wanted.toString('hex'))],
    [`${what} in upper-case hex`, Buffer.from(wanted.toString('hex').toUpperCase())],
    // The first and last letters hang on the bytes around them.
    ...[0, 1, 2].map((shift): [string, Buffer] => [
      `${what} in Base64`,
      Buffer.from(
        Buffer.concat([Buffer.alloc(shift), wanted])
          .toString('base64')
          .slice(4, -4),
      ),
    ]),
  ];
  return [...files].flatMap(([file, content]) =>
    forms.flatMap(([form, needle]) => {
      const at = content.indexOf(needle);
      return at < 0 ? [] : [{ file, form, at }];
    }),
  );
}

/** Numbers in a row that must agree for a find. */
const WINDOW = 8;

/**
 * Where numbers that are nearly a template's stand, at any byte: 8 in a row as float32 or float64 (within 1e-3), as
 * float16 (within 2e-3), as int8 of any common scale (by correlation over 64), or as digits of a JSON text; each also
 * behind hex and Base64.
 */
export function findTemplate(files: ReadonlyMap<string, Buffer>, template: Float32Array): Find[] {
  const finds: Find[] = [];
  for (const [file, content] of files) {
    for (const [wrapped, bytes] of readings(content)) {
      for (const { name, size, read, near } of numberForms) {
        const at = findRow(bytes, template, { size, read, near });
        if (at !== undefined) finds.push({ file, form: name + wrapped, at });
      }
      const quantised = findQuantised(bytes, template);
      if (quantised !== undefined) finds.push({ file, form: `int8${wrapped}`, at: quantised });
    }
    const digits = findDigits(content, template);
    if (digits !== undefined) finds.push({ file, form: 'digits', at: digits });
  }
  return finds;
}

interface NumberForm {
  readonly size: number;
  readonly read: (bytes: Buffer, at: number) => number;
  readonly near: number;
}

const numberForms: readonly (NumberForm & { readonly name: string })[] = [
  { name: 'float32', size: 4, read: (bytes, at) => bytes.readFloatLE(at), near: 1e-3 },
  { name: 'float32, big-endian', size: 4, read: (bytes, at) => bytes.readFloatBE(at), near: 1e-3 },
  { name: 'float64', size: 8, read: (bytes, at) => bytes.readDoubleLE(at), near: 1e-3 },
  { name: 'float16', size: 2, read: (bytes, at) => halfAt(bytes, at), near: 2e-3 },
];

/** The bytes themselves, and what long enough runs of hex or Base64 letters in them stand for. */
function* readings(content: Buffer): Generator<[string, Buffer]> {
  yield ['', content];
  const text = content.toString('latin1');
  for (const [run] of text.matchAll(/[0-9a-fA-F]{64,}/g)) {
    for (const shift of [0, 1]) yield [' in hex', Buffer.from(run.slice(shift), 'hex')];
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/]{44,}/g)) {
    for (const shift of [0, 1, 2, 3]) yield [' in Base64', Buffer.from(run.slice(shift), 'base64')];
  }
}

/** Any {@link WINDOW} numbers of the template that stand in a row from any byte. */
function findRow(bytes: Buffer, template: Float32Array, { size, read, near }: NumberForm): number | undefined {
  const last = bytes.length - WINDOW * size;
  // Windows of the template that begin with a number large enough to be no chance hit among zeros.
  const starts = Array.from({ length: template.length - WINDOW + 1 }, (_, i) => i).filter(
    (i) => Math.abs(template[i] ?? 0) > 10 * near,
  );
  const byFirst = starts.sort((a, b) => (template[a] ?? 0) - (template[b] ?? 0));
  const firsts = byFirst.map((i) => template[i] ?? 0);
  const largest = Math.max(...firsts.map(Math.abs)) + near;
  for (let at = 0; at <= last; at++) {
    const first = read(bytes, at);
    if (!(Math.abs(first) <= largest) || Math.abs(first) <= 9 * near) continue;
    for (let s = lowerBound(firsts, first - near); s < firsts.length && (firsts[s] ?? 0) <= first + near; s++) {
      const start = byFirst[s] ?? 0;
      let agree = 1;
      while (
        agree < WINDOW &&
        Math.abs(read(bytes, at + agree * size) - (template[start + agree] ?? Number.NaN)) <= near
      ) {
        agree++;
      }
      if (agree === WINDOW) return at;
    }
  }
  return undefined;
}

function lowerBound(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Signed bytes, or bytes around 128, that go with the first 64 numbers of the template whatever the scale. */
function findQuantised(bytes: Buffer, template: Float32Array): number | undefined {
  const length = Math.min(64, template.length);
  const wanted = template.subarray(0, length);
  const size = Math.hypot(...wanted);
  for (let at = 0; at + length <= bytes.length; at++) {
    for (const offset of [0, 128]) {
      let product = 0;
      let squares = 0;
      for (let i = 0; i < length; i++) {
        const byte = bytes[at + i] ?? 0;
        const value = offset === 0 ? (byte << 24) >> 24 : byte - offset;
        product += value * (wanted[i] ?? 0);
        squares += value * value;
        // A run that has nothing in common with the template after 16 numbers is given up.
        if (i === 15 && product <= 0) break;
      }
      if (squares > 0 && product / Math.sqrt(squares) / size > 0.95) return at;
    }
  }
  return undefined;
}

/** The digits of a row of numbers, as JSON writes them, to four places. */
function findDigits(content: Buffer, template: Float32Array): number | undefined {
  const text = content.toString('latin1');
  const forms = [...template.subarray(0, 64)].map((value) => value.toFixed(6).slice(0, -2));
  let from = 0;
  for (let i = 0; i + 4 <= forms.length; i++) {
    from = text.indexOf(forms[i] ?? '', 0);
    if (from < 0) continue;
    const near = text.slice(from, from + 200);
    if ([1, 2, 3].every((step) => near.includes(forms[i + step] ?? '\0'))) return from;
  }
  return undefined;
}

function halfAt(bytes: Buffer, at: number): number {
  const bits = bytes.readUInt16LE(at);
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? Number.NaN : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits >> 15 === 0 ? size : -size;
}
