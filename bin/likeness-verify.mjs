#!/usr/bin/env node
// Verifies an exported audit log of Likeness with nothing but the file and the public key. It shares no code with the
// server, so that it can be read as a whole and trusted by itself; docs/audit-format.md describes what it reads.
// Exit code 0: intact. 1: broken. 2: wrong usage, or a file that cannot be read.
import { isUtf8 } from 'node:buffer';
import { createHash, createPublicKey, verify as verifyBytes } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const help = `likeness-verify EXPORT --key PUBLIC.pem [--expect SEQUENCE:HASH] [--checkpoints ANCHOR] [--json]

  EXPORT                  what \`likeness audit export\` wrote
  --key PUBLIC.pem        public-key.pem of the server's trust folder, from a place you trust
  --expect SEQUENCE:HASH  a head noted elsewhere that must be in the log; may be given more than once
  --checkpoints ANCHOR    the anchor file: checkpoints that were kept elsewhere

Exit code 0: intact. 1: broken. 2: wrong usage, or a file that cannot be read.`;
/** The members of each kind of line; those after the bar may be absent. */
const kinds = {
  header: 'format kind node version |',
  entry: 'body hash kind previousHash sequence |',
  checkpoint: 'at hash kind node policyDigest sequence signature | previousCheckpoint',
  trailer: 'checkpoints count exportedAt first kind node signature | head lastCheckpoint',
};

/** What is broken, in a word and a sentence. */
class Broken extends Error {
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

function require(condition, reason, detail) {
  if (!condition) throw new Broken(reason, detail);
}

function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}

/** JSON with members sorted by UTF-16 code units, absent ones left out, no spaces: the text that is signed. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  names.sort((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** Reads the public keys of a PEM file; each is known by the first 16 hex digits of the SHA-256 of its DER. */
export function readPublicKeys(pem) {
  const keys = new Map();
  for (const [block] of pem.matchAll(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g)) {
    const key = createPublicKey(block);
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('A key is not Ed25519.');
    keys.set(sha256(key.export({ type: 'spki', format: 'der' })).slice(0, 16), key);
  }
  if (keys.size === 0) throw new TypeError('The key file holds no public key in PEM.');
  return keys;
}

/** A line as data. It must be exactly the text that its data has, so that no byte of it can be changed unseen. */
function parseLine(text) {
  let value;
  let same = false;
  try {
    value = JSON.parse(text);
    same = canonical(value) === text;
  } catch {} // Not JSON, or too deep to be a line of ours.
  require(same && Object.hasOwn(kinds, value?.kind), 'changed', 'The line is none that an export has.');
  const [needed = [], optional = []] = kinds[value.kind].split('|').map((names) => names.trim().split(' '));
  const fits = needed.every((name) => Object.hasOwn(value, name));
  const known = Object.keys(value).every((name) => needed.includes(name) || optional.includes(name));
  require(fits && known, 'changed', `The ${value.kind} does not have just the members that it must have.`);
  return value;
}

function requireSignature({ signature, ...rest }, keys, what) {
  const key = keys.get(signature?.keyId);
  require(key, 'signature', `${what} is signed by key ${signature?.keyId}, which was not given.`);
  const bytes = Buffer.from(String(signature.value), 'base64');
  const wellFormed = signature.algorithm === 'Ed25519' && bytes.toString('base64') === signature.value;
  const holds = wellFormed && verifyBytes(null, Buffer.from(canonical(rest), 'utf8'), key, bytes);
  require(holds && Object.keys(signature).length === 3, 'signature', `${what} does not bear its key's signature.`);
}

/** Reads an anchor file: signed checkpoints, one a line. A line that a crash cut off is passed over. */
export function readAnchor(text, keys) {
  const whole = text.split('\n').slice(0, -1);
  return whole.flatMap((line, index) => {
    if (!line.endsWith('}')) return [];
    const checkpoint = parseLine(line);
    require(checkpoint.kind === 'checkpoint', 'changed', `Line ${index + 1} of the anchor is no checkpoint.`);
    requireSignature(checkpoint, keys, `The checkpoint in line ${index + 1} of the anchor`);
    return [checkpoint];
  });
}

/**
 * Makes a verifier that takes an export line by line. `expected` are heads noted elsewhere ({sequence, hash}),
 * `anchored` are checkpoints kept elsewhere, whose signatures were checked.
 */
export function createVerifier({ keys, expected = [], anchored = [] }) {
  let [line, checkpoints] = [0, 0];
  let head = { sequence: 0, hash: '0'.repeat(64) };
  let [header, trailer, lastCheckpoint, verdict] = [];
  const noted = new Map();
  let lastNoted = 0;
  for (const { sequence, hash } of [...expected, ...anchored]) {
    noted.set(sequence, [...(noted.get(sequence) ?? []), hash]);
    lastNoted = Math.max(lastNoted, sequence);
  }

  const take = {
    header({ format, version, node }) {
      require(header === undefined, 'inserted', 'There is a second header.');
      require(format === 'likeness-audit-export' && version === 1, 'changed', 'This verifier knows version 1 only.');
      const other = anchored.find((checkpoint) => checkpoint.node !== node)?.node;
      require(!other, 'replaced', `The log is of node ${node}; the checkpoints kept elsewhere are of node ${other}.`);
      header = { node };
    },
    entry({ sequence, previousHash, body, hash }) {
      const due = head.sequence + 1;
      const place = `Record ${due} is due, and record ${sequence} stands here`;
      require(!(sequence > due), 'missing', `${place}: one is missing, or they are out of order.`);
      require(sequence === due, 'inserted', `${place}: one is inserted, or they are out of order.`);
      require(previousHash === head.hash, 'changed', `Record ${due} does not follow the one before it.`);
      const sealed = typeof body === 'string' && sha256(`${sequence}\n${previousHash}\n${body}`) === hash;
      require(sealed, 'changed', `Record ${due} does not have the hash that it was sealed with.`);
      const agrees = (noted.get(due) ?? []).every((other) => other === hash);
      require(agrees, 'replaced', `Record ${due} is not the one noted elsewhere: the log was rewritten up to there.`);
      head = { sequence, hash };
    },
    checkpoint(checkpoint, text) {
      const what = `The checkpoint after record ${head.sequence}`;
      requireSignature(checkpoint, keys, what);
      const { node, sequence, hash, previousCheckpoint } = checkpoint;
      require(node === header.node, 'replaced', `${what} is of node ${node}.`);
      const agrees = sequence === head.sequence && hash === head.hash;
      require(agrees, 'replaced', `${what} was signed over another record ${sequence}: the log was rewritten.`);
      const follows = previousCheckpoint === lastCheckpoint?.digest;
      require(follows, 'missing', `${what} does not follow the checkpoint that stands before it.`);
      checkpoints += 1;
      lastCheckpoint = { sequence, digest: sha256(text) };
    },
    trailer(signed) {
      requireSignature(signed, keys, 'The trailer');
      const { kind, node, exportedAt, signature, ...claimed } = signed;
      require(node === header.node, 'replaced', `The trailer is of node ${node}.`);
      const found = { count: head.sequence, first: 1, checkpoints, lastCheckpoint };
      const same = canonical(claimed) === canonical({ ...found, head: head.sequence > 0 ? head : undefined });
      require(same, claimed.count > head.sequence
        ? 'truncated'
        : 'changed', `The trailer was signed over ${claimed.count} records and ${claimed.checkpoints} checkpoints, head ` +
        `${claimed.head?.hash}; there are ${head.sequence} and ${checkpoints}, head ${head.hash}.`);
      trailer = { node, exportedAt };
    },
  };

  const broken = (reason, detail) => ({ intact: false, records: head.sequence, line, reason, detail });
  return {
    /** Takes the next line, without its line break. Returns the verdict when the log is broken, else undefined. */
    line(text) {
      if (verdict) return verdict;
      line += 1;
      try {
        require(trailer === undefined, 'inserted', 'Something stands after the trailer.');
        const value = parseLine(text);
        require(header !== undefined || value.kind === 'header', 'missing', 'The header is missing.');
        take[value.kind](value, text);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        verdict = broken(error.reason, error.message);
      }
      return verdict;
    },
    /** What the lines came to. `whole`: the file ended with a line break. */
    end({ whole = true } = {}) {
      if (verdict) return verdict;
      if (!whole) return broken('truncated', 'The file ends within a line.');
      if (!trailer) return broken('truncated', `The file ends after record ${head.sequence}, without its trailer.`);
      if (lastNoted > head.sequence)
        return broken('truncated', `The log ends at record ${head.sequence}; record ${lastNoted} was noted elsewhere.`);
      return { intact: true, records: head.sequence, head, checkpoints, notedElsewhere: noted.size, ...trailer };
    },
  };
}

/** Verifies a stream of bytes. Only a line feed ends a line: other characters that do elsewhere may stand in records. */
async function verifyStream(stream, options) {
  const verifier = createVerifier(options);
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      const text = bytes.subarray(0, end);
      // The empty line stands for one that is not UTF-8: neither is one of an export.
      const verdict = verifier.line(isUtf8(text) ? text.toString('utf8') : '');
      if (verdict) return verdict;
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > 16 * 2 ** 20) return verifier.line('');
    rest = bytes;
  }
  return verifier.end({ whole: rest.length === 0 });
}

function readArguments(args) {
  const given = { expected: [] };
  for (let i = 0; i < args.length; i += 1) {
    if (args[i] === '--json') given.json = true;
    else if (args[i] === '--key' || args[i] === '--checkpoints') given[args[i].slice(2)] = args[++i];
    else if (args[i] === '--expect') {
      const [, sequence, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(args[++i] ?? '') ?? [];
      if (hash === undefined) throw new TypeError('--expect takes SEQUENCE:HASH, the hash as 64 hex digits.');
      given.expected.push({ sequence: Number(sequence), hash });
    } else if (args[i].startsWith('-') || given.file !== undefined) throw new TypeError(`What is ${args[i]}?`);
    else given.file = args[i];
  }
  if (given.file === undefined || given.key === undefined) throw new TypeError('An export and a key are needed.');
  return given;
}

function report({ intact, line, reason, detail, records, head, checkpoints, node, exportedAt, notedElsewhere }) {
  if (!intact) return `BROKEN (${reason}${line ? `, line ${line}` : ''}): ${detail}`;
  const nothing = '\nNothing noted elsewhere was given: who holds the signing key could have rewritten or cut it all.';
  return `INTACT: ${records} records, ${checkpoints} checkpoints, node ${node}, exported ${exportedAt}.
Head ${head.sequence}:${head.hash}${notedElsewhere === 0 ? nothing : ''}`;
}

async function main(args) {
  let verdict;
  let json = false;
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help);
    return 0;
  }
  try {
    const given = readArguments(args);
    json = given.json;
    const keys = readPublicKeys(readFileSync(given.key, 'utf8'));
    const anchored = given.checkpoints ? readAnchor(readFileSync(given.checkpoints, 'utf8'), keys) : [];
    const stream = createReadStream(given.file, { highWaterMark: 1 << 20 });
    verdict = await verifyStream(stream, { keys, expected: given.expected, anchored });
  } catch (error) {
    if (!(error instanceof Broken)) {
      console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
      return 2;
    }
    verdict = { intact: false, records: 0, reason: error.reason, detail: error.message };
  }
  console.log(json ? JSON.stringify(verdict, null, 2) : report(verdict));
  return verdict.intact ? 0 : 1;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
