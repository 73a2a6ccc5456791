import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { canonicalJson } from '../src/shared/canonical-json.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { type Signer, signDocument } from '../src/shared/signing.ts';
import { auditBench, testSigner } from './builders/audit.ts';

/** The face of the verifier, which is plain JavaScript and imports nothing of ours. */
interface Verdict {
  readonly intact: boolean;
  readonly records: number;
  readonly line?: number;
  readonly reason?: string;
  readonly detail?: string;
  readonly checkpoints?: number;
  readonly head?: { sequence: number; hash: string };
}
interface VerifierModule {
  readPublicKeys(pem: string): ReadonlyMap<string, unknown>;
  readAnchor(text: string, keys: unknown): readonly { node: string; sequence: number; hash: string }[];
  createVerifier(options: { keys: unknown; expected?: unknown; anchored?: unknown }): {
    line(text: string): Verdict | undefined;
    end(options?: { whole?: boolean }): Verdict;
  };
}

const program = join(packageRoot(), 'bin', 'likeness-verify.mjs');
let verifier: VerifierModule;
let signer: Signer;
let stranger: Signer;
/** An honest export of 60 records with a checkpoint about every 12. */
let honest: string[];
let anchorLines: string[];

beforeAll(async () => {
  verifier = (await import(program)) as VerifierModule;
  signer = testSigner();
  stranger = testSigner();
  const bench = await auditBench({ signer });
  for (let i = 0; i < 5; i += 1) {
    await bench.append(12);
    if (i < 4) await bench.checkpointer.write();
  }
  honest = await bench.exported();
  anchorLines = bench.anchor.lines ?? [];
  await bench.stores.close();
});

function verify(
  lines: readonly string[],
  options: { expected?: unknown; anchored?: boolean; whole?: boolean } = {},
): Verdict {
  const keys = verifier.readPublicKeys(signer.publicKeyPem);
  const anchored = options.anchored ? verifier.readAnchor(`${anchorLines.join('\n')}\n`, keys) : [];
  const check = verifier.createVerifier({ keys, anchored, expected: options.expected ?? [] });
  for (const line of lines) {
    const verdict = check.line(line);
    if (verdict) return verdict;
  }
  return check.end({ whole: options.whole ?? true });
}

interface Entry {
  kind: 'entry';
  sequence: number;
  previousHash: string;
  body: string;
  hash: string;
}
const parsed = (line: string) => JSON.parse(line) as { kind: string } & Record<string, unknown>;
const isEntry = (line: string) => line.startsWith('{"body"');
const hashOf = ({ sequence, previousHash, body }: Entry) =>
  createHash('sha256').update(`${sequence}\n${previousHash}\n${body}`).digest('hex');

/** Numbers and links every entry anew, as one would who wants a change to look whole; checkpoints keep their places. */
function resealed(lines: readonly string[]): string[] {
  let previous = { sequence: 0, hash: '0'.repeat(64) };
  return lines.map((line) => {
    if (!isEntry(line)) return line;
    const entry = {
      ...(parsed(line) as unknown as Entry),
      sequence: previous.sequence + 1,
      previousHash: previous.hash,
    };
    const sealed = { ...entry, hash: hashOf(entry) };
    previous = sealed;
    return canonicalJson(sealed);
  });
}

/** A trailer that fits the lines before it, but for its signature, which is the old one or another key's. */
function withTrailer(lines: readonly string[], by?: Signer): string[] {
  const entries = lines.filter(isEntry).map((line) => parsed(line) as unknown as Entry);
  const checkpoints = lines.filter((line) => line.includes('"kind":"checkpoint"'));
  const { signature, head: _, lastCheckpoint: __, ...trailer } = parsed(honest.at(-1)!);
  const last = entries.at(-1);
  const checkpoint = checkpoints.at(-1);
  const fitting = {
    ...trailer,
    count: entries.length,
    checkpoints: checkpoints.length,
    ...(last && { head: { sequence: last.sequence, hash: last.hash } }),
    ...(checkpoint !== undefined && {
      lastCheckpoint: {
        sequence: parsed(checkpoint).sequence,
        digest: createHash('sha256').update(checkpoint).digest('hex'),
      },
    }),
  };
  return [...lines.slice(0, -1), canonicalJson(by ? signDocument(by, fitting) : { ...fitting, signature })];
}

/** Random numbers with a fixed seed, so that a failure comes again. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe('the verifier', () => {
  it('passes honest exports of many lengths, with and without checkpoints', async () => {
    for (const [records, everyRecords] of [
      [0, 5],
      [1, 5],
      [2, 1],
      [25, 4],
      [40, 1_000],
    ] as const) {
      const bench = await auditBench({ signer, records, everyRecords });
      await bench.checkpointer.close();
      await bench.append(records > 0 ? 3 : 0);
      const lines = await bench.exported();
      const verdict = verify(lines);
      expect(verdict, verdict.detail).toMatchObject({ intact: true, records: records + (records > 0 ? 3 : 0) });
      await bench.stores.close();
    }
    expect(verify(honest, { anchored: true })).toMatchObject({ intact: true, records: 60, checkpoints: 4 });
    for (const line of honest.filter(isEntry)) {
      const { sequence, hash } = parsed(line);
      expect(verify(honest, { expected: [{ sequence, hash }], anchored: true }).intact).toBe(true);
    }
  });

  const below = randomOf(20_251_122);
  const position = () => below(honest.length);
  const entryPosition = () => {
    for (;;) {
      const at = position();
      if (isEntry(honest[at]!)) return at;
    }
  };
  const checkpointPosition = () => {
    for (;;) {
      const at = position();
      if (honest[at]!.includes('"kind":"checkpoint"')) return at;
    }
  };
  /** Another character in a random place; in a text of JSON this may or may not still be JSON. */
  const edited = (line: string) => {
    const at = below(line.length);
    const other = '0123456789abcdefxyz"{}:, \u2028é'[below(27)]!;
    const how = below(3);
    return how === 0
      ? line.slice(0, at) + other + line.slice(at + 1)
      : how === 1
        ? line.slice(0, at) + other + line.slice(at)
        : line.slice(0, at) + line.slice(at + 1);
  };
  const otherBody = (line: string) => {
    const entry = parsed(line) as unknown as Entry;
    const body = entry.body
      .replace('SearchFacesByImage', 'DetectFaces')
      .replace(/request-\d+/, `request-${below(1e6)}`);
    const changed = { ...entry, body };
    return canonicalJson(below(2) === 0 ? changed : { ...changed, hash: hashOf(changed) });
  };

  /** Each makes one tampered export; those that rewrite the hashes lack only the signing key. */
  const tamperings: Readonly<Record<string, () => string[]>> = {
    'changes a character': () => {
      const at = position();
      return honest.with(at, edited(honest[at]!));
    },
    'changes a record': () => {
      const at = entryPosition();
      return honest.with(at, otherBody(honest[at]!));
    },
    'drops a line': () => honest.toSpliced(position(), 1),
    'drops several lines': () => honest.toSpliced(position(), 1 + below(20)),
    'inserts a line of the export again': () => honest.toSpliced(position(), 0, honest[position()]!),
    'inserts a record of its own and numbers the rest anew': () => {
      const at = entryPosition();
      return resealed(honest.toSpliced(at, 0, otherBody(honest[at]!)));
    },
    'lets two lines change places': () => {
      const [a, b] = [position(), position()];
      return honest.with(a, honest[b]!).with(b, honest[a]!);
    },
    'moves a line': () => {
      const from = position();
      return honest.toSpliced(from, 1).toSpliced(position(), 0, honest[from]!);
    },
    'cuts the end off': () => honest.slice(0, position()),
    'cuts records off and keeps the trailer': () => [...honest.slice(0, 1 + below(honest.length - 2)), honest.at(-1)!],
    'cuts records off and fits the trailer': () =>
      withTrailer([...honest.slice(0, 1 + below(honest.length - 2)), honest.at(-1)!]),
    'cuts records off and signs the trailer with another key': () =>
      withTrailer([...honest.slice(0, 1 + below(honest.length - 2)), honest.at(-1)!], stranger),
    'changes a record and hashes anew from there on': () => {
      const at = entryPosition();
      const lines = resealed(honest.with(at, otherBody(honest[at]!)));
      return below(2) === 0 ? lines : withTrailer(lines, below(2) === 0 ? undefined : stranger);
    },
    'edits the trailer': () => {
      const trailer = parsed(honest.at(-1)!) as Record<string, unknown>;
      const change = [
        { count: below(100) },
        { first: 2 },
        { exportedAt: new Date(below(1e9)).toISOString() },
        { node: 'node-b' },
        { checkpoints: below(4) },
        { head: { sequence: 60, hash: 'f'.repeat(64) } },
        { note: 'more' },
        { lastCheckpoint: undefined },
      ][below(8)]!;
      return [...honest.slice(0, -1), canonicalJson({ ...trailer, ...change })];
    },
    'edits a checkpoint': () => {
      const at = checkpointPosition();
      const checkpoint = parsed(honest[at]!) as Record<string, unknown>;
      const change = [
        { sequence: below(60) + 1 },
        { hash: 'e'.repeat(64) },
        { at: new Date(below(1e9)).toISOString() },
        { node: 'node-b' },
        { policyDigest: 'q' },
        { previousCheckpoint: 'e'.repeat(64) },
      ][below(6)]!;
      const { signature, ...rest } = { ...checkpoint, ...change } as Record<string, unknown>;
      return honest.with(at, canonicalJson(below(2) === 0 ? { ...rest, signature } : signDocument(stranger, rest)));
    },
    'drops a checkpoint and fits the trailer': () => withTrailer(honest.toSpliced(checkpointPosition(), 1)),
    'drops the checkpoints, hashes anew and signs the trailer with another key': () => {
      const at = entryPosition();
      const without = honest.with(at, otherBody(honest[at]!)).filter((line) => !line.includes('"kind":"checkpoint"'));
      return withTrailer(resealed(without), stranger);
    },
  };

  it.each(Object.keys(tamperings))('finds each of 400 random exports of one who %s', (name) => {
    const original = honest.join('\n');
    let tampered = 0;
    for (let round = 0; round < 400; round += 1) {
      const lines = tamperings[name]!();
      const same = lines.join('\n') === original;
      const verdict = verify(lines);
      if (verdict.intact !== same) expect.fail(`round ${round}: ${JSON.stringify(verdict)}\n${lines.join('\n')}`);
      if (!same) tampered += 1;
    }
    expect(tampered).toBeGreaterThan(300);
  });

  it('finds each of 600 logs that were rewritten or cut by one who has the signing key, against what was kept elsewhere', () => {
    const bare = honest.filter((line) => !line.includes('"kind":"checkpoint"'));
    for (let round = 0; round < 600; round += 1) {
      const cut = below(2) === 0;
      // The last anchored checkpoint names record 48: what comes after it is bound by nothing but the key.
      const sequence = 1 + below(48);
      const index = bare.findIndex((line) => isEntry(line) && parsed(line).sequence === sequence);
      const lines = cut ? [...bare.slice(0, index), bare.at(-1)!] : resealed(bare.with(index, otherBody(bare[index]!)));
      const forged = withTrailer(lines, signer);
      const verdict = verify(forged);
      if (cut) expect(verdict.intact).toBe(true);
      expect(verify(forged, { anchored: true }), `round ${round}`).toMatchObject({ intact: false });
      const last = parsed(honest.findLast(isEntry)!);
      expect(verify(forged, { expected: [{ sequence: last.sequence, hash: last.hash }] }).intact).toBe(false);
    }
  });

  it('says in a word what was done to a log', () => {
    const at = honest.findIndex((line) => isEntry(line) && parsed(line).sequence === 20);
    const reasonOf = (lines: readonly string[], options: Parameters<typeof verify>[1] = {}) =>
      verify(lines, options).reason;
    expect(reasonOf(honest.with(at, otherBody(honest[at]!)))).toBe('changed');
    expect(reasonOf(honest.toSpliced(at, 1))).toBe('missing');
    expect(reasonOf(honest.toSpliced(at, 0, honest[at]!))).toBe('inserted');
    for (const more of [honest.at(-1)!, honest[1]!, '']) expect(reasonOf([...honest, more])).toBe('inserted');
    expect(reasonOf(honest.slice(0, -1))).toBe('truncated');
    expect(reasonOf([...honest.slice(0, at), honest.at(-1)!])).toBe('truncated');
    expect(reasonOf(withTrailer(honest, stranger))).toBe('signature');
    const second = honest.findIndex((line) => isEntry(line) && parsed(line).sequence === 24) + 1;
    expect(parsed(honest[second]!).kind).toBe('checkpoint');
    // Not even the signing key hides that a checkpoint is gone, while those after it are as they were.
    expect(reasonOf(withTrailer(honest.toSpliced(second, 1), signer))).toBe('missing');
    expect(reasonOf(honest, { whole: false })).toBe('truncated');
    expect(reasonOf(honest, { expected: [{ sequence: 20, hash: 'f'.repeat(64) }] })).toBe('replaced');
    expect(reasonOf(honest, { expected: [{ sequence: 61, hash: 'f'.repeat(64) }] })).toBe('truncated');
  });

  it('finds a line that says the same in other words', () => {
    const checkpointAt = honest.findIndex((line) => line.includes('"kind":"checkpoint"'));
    /** Four bits of the last digit of 64 bytes in Base64 say nothing. */
    const otherBase64 = (line: string) =>
      line.replace(
        /(.)==("\}\}|")/,
        (_, digit: string, end: string) => `${String.fromCharCode(digit.charCodeAt(0) + 1)}==${end}`,
      );
    const rewordings: readonly ((line: string) => string)[] = [
      (line) => line.replace(',', ', '),
      (line) => `${line} `,
      (line) => `${line}\r`,
      (line) => `\uFEFF${line}`,
      (line) => line.replace('"kind"', '"kin\\u0064"'),
      (line) => line.replace('{', `{${/"kind":"\w+"/.exec(line)![0]},`),
      (line) => JSON.stringify(Object.fromEntries(Object.entries(parsed(line)).reverse())),
      (line) => line.replace(/"(sequence|count|version)":(\d+)/, '"$1":$2.0'),
    ];
    for (const [index, reword] of rewordings.entries()) {
      for (const at of [0, 1, checkpointAt, honest.length - 1]) {
        const line = reword(honest[at]!);
        expect(line, `rewording ${index} of line ${at}`).not.toBe(honest[at]);
        expect(verify(honest.with(at, line)), line).toMatchObject({ intact: false, reason: 'changed', line: at + 1 });
      }
    }
    for (const at of [0, 1]) {
      const { kind, ...rest } = parsed(honest[at]!);
      for (const line of [canonicalJson({ kind, ...rest, note: 'more' }), canonicalJson({ ...rest, kind: 'note' })]) {
        expect(verify(honest.with(at, line)), line).toMatchObject({ intact: false, reason: 'changed', line: at + 1 });
      }
    }
    for (const at of [checkpointAt, honest.length - 1]) {
      const line = otherBase64(honest[at]!);
      const value = (text: string) => (parsed(text).signature as { value: string }).value;
      expect(value(line)).not.toBe(value(honest[at]!));
      expect(Buffer.from(value(line), 'base64')).toEqual(Buffer.from(value(honest[at]!), 'base64'));
      expect(verify(honest.with(at, line))).toMatchObject({ intact: false, reason: 'signature' });
    }
  });

  it('finds that a log was thrown away and begun anew, against the checkpoints of the one before', async () => {
    const bench = await auditBench({ signer, records: 80, node: 'node-b' });
    const lines = await bench.exported();
    expect(verify(lines)).toMatchObject({ intact: true });
    expect(verify(lines, { anchored: true })).toMatchObject({ intact: false, reason: 'replaced' });
    await bench.stores.close();
  });

  it('imports nothing but Node.js', () => {
    const imports = [...readFileSync(program, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imports.length).toBeGreaterThan(2);
    for (const name of imports) expect(name).toMatch(/^node:/);
    expect(readFileSync(program, 'utf8')).not.toMatch(/import\(|require\('/);
  });
});

describe('the verifier as a program', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  const folderWith = (files: Record<string, string | Uint8Array>) => {
    const folder = mkdtempSync(join(tmpdir(), 'likeness-verify-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return (name: string) => join(folder, name);
  };

  it('ends with 0, 1 or 2 and says why', () => {
    const whole = `${honest.join('\n')}\n`;
    const bytes = Buffer.from(whole, 'utf8');
    const notUtf8 = Buffer.from(bytes);
    notUtf8[bytes.indexOf('opérateur') + 2] = 0xff;
    const file = folderWith({
      honest: whole,
      cut: whole.slice(0, -1),
      dropped: `${honest.toSpliced(30, 1).join('\n')}\n`,
      'not-utf8': notUtf8,
      empty: '',
      key: signer.publicKeyPem,
      'other-key': stranger.publicKeyPem,
      'both-keys': stranger.publicKeyPem + signer.publicKeyPem,
      anchor: `${anchorLines.join('\n')}\n{"at":"2026-`,
    });
    const key = ['--key', file('key')];
    const head = `60:${String(parsed(honest.findLast(isEntry)!).hash)}`;
    const intact = run(file('honest'), ...key, '--checkpoints', file('anchor'), '--expect', head);
    expect(intact).toMatchObject({ status: 0, stderr: '' });
    expect(intact.stdout).toMatch(/^INTACT: 60 records, 4 checkpoints, node node-a/);
    expect(intact.stdout).toContain(head);
    expect(intact.stdout).not.toContain('Nothing noted elsewhere');
    expect(run(file('honest'), '--key', file('both-keys'), '--json').stdout).toContain('"intact": true');
    expect(run(file('honest'), ...key).stdout).toContain('Nothing noted elsewhere');
    expect(run(file('dropped'), ...key)).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^BROKEN \(missing, line 31\)/),
    });
    for (const name of ['cut', 'not-utf8', 'empty', 'anchor']) expect(run(file(name), ...key).status, name).toBe(1);
    expect(run(file('honest'), '--key', file('other-key')).stdout).toMatch(/^BROKEN \(signature/);
    expect(run(file('honest'), ...key, '--expect', `61:${'0'.repeat(64)}`).status).toBe(1);
    for (const wrong of [
      [],
      [file('honest')],
      [file('nowhere'), ...key],
      [file('honest'), '--key', file('nowhere')],
      [file('honest'), '--key', file('honest')],
      [file('honest'), ...key, '--expect', '1'],
      [file('honest'), ...key, '--more'],
    ]) {
      expect(run(...wrong), wrong.join(' ')).toMatchObject({ status: 2, stdout: '' });
    }
  });

  it('refuses an anchor in which a checkpoint was changed', () => {
    const changed = anchorLines.with(1, anchorLines[1]!.replace('node-a', 'node-b'));
    const file = folderWith({
      honest: `${honest.join('\n')}\n`,
      key: signer.publicKeyPem,
      anchor: `${changed.join('\n')}\n`,
    });
    const found = run(file('honest'), '--key', file('key'), '--checkpoints', file('anchor'));
    expect(found).toMatchObject({ status: 1, stdout: expect.stringMatching(/^BROKEN \(signature\)/) });
  });
});
