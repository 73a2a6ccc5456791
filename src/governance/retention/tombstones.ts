import { canonicalJson } from '../../shared/canonical-json.ts';
import type { LineFile } from '../../stores/ports/line-file.ts';
import type { ErasureTarget, HeldThing } from './erasure-source.ts';

/** A line of the tombstones' file: that something was erased, without saying what. */
export interface Tombstone {
  /** 1, 2, 3 ... */
  readonly sequence: number;
  /** A subject, a face or a collection. */
  readonly kind: ErasureTarget['kind'];
  /** Hex HMAC of what was erased. */
  readonly hash: string;
  /** Milliseconds since 1970. What was stored at or before it must not come back. */
  readonly erasedAtMs: number;
  /** The certificate, or the request, that it was erased under. */
  readonly certificateId: string;
  /** Hex HMAC of this line and the one before it: a line that was changed, dropped or moved shows. */
  readonly mac: string;
}

/** What a tombstone says, without its place in the file. */
export type TombstoneEntry = Omit<Tombstone, 'sequence' | 'mac'>;

/** How far the tombstones go; kept with the data, it shows when the file was cut. */
export interface TombstoneHead {
  readonly count: number;
  readonly mac: string;
}

/** The tombstones cannot be trusted; the message says where and what to do. */
export class TombstoneError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TombstoneError';
  }
}

/** What was erased, kept outside the data folder and its backups, so that a restored backup brings no one back. */
export interface Tombstones {
  readonly head: TombstoneHead;
  /** The latest time that any tombstone names; 0 without one. */
  readonly latestMs: number;
  /** The keyed hash under which a target is remembered. @returns 64 hex digits */
  hashOf(target: ErasureTarget): string;
  /** Remembers targets as erased at `erasedAtMs`; durable when it has resolved. */
  add(targets: readonly ErasureTarget[], about: { erasedAtMs: number; certificateId: string }): Promise<void>;
  /** As {@link Tombstones.add}, from hashes that a certificate kept. */
  addHashes(entries: readonly TombstoneEntry[]): Promise<void>;
  /** The tombstone that says this was erased after it was stored; undefined when it may stand. */
  of(held: HeldThing): TombstoneEntry | undefined;
  has(hash: string): boolean;
  /** Whether a tombstone of this kind is there, so that such things need looking at. */
  hasKind(kind: ErasureTarget['kind']): boolean;
  /** Whether the line that the data folder knows as its last is in the file. */
  contains(head: TombstoneHead): boolean;
}

const genesis = '';

/**
 * Reads the tombstones and checks every line of them.
 *
 * @param parts.mac HMAC under the keyring's key for tombstones
 * @throws {TombstoneError} naming the first line that is not as it was written
 */
export async function openTombstones(parts: {
  file: LineFile;
  /** For messages. */
  path: string;
  mac: (text: string) => Buffer;
}): Promise<Tombstones> {
  const { file, path, mac } = parts;
  const byHash = new Map<string, TombstoneEntry>();
  const kinds = new Set<ErasureTarget['kind']>();
  const macs: string[] = [];
  let latestMs = 0;

  const sealOf = (line: Omit<Tombstone, 'mac'>, previous: string): string =>
    mac(canonicalJson({ ...line, previous })).toString('hex');
  const keep = (line: Tombstone): void => {
    const { kind, hash, erasedAtMs, certificateId } = line;
    const standing = byHash.get(hash);
    if (standing === undefined || standing.erasedAtMs < erasedAtMs) {
      byHash.set(hash, { kind, hash, erasedAtMs, certificateId });
    }
    kinds.add(kind);
    latestMs = Math.max(latestMs, erasedAtMs);
    macs.push(line.mac);
  };
  const load = async (): Promise<void> => {
    byHash.clear();
    kinds.clear();
    macs.length = 0;
    latestMs = 0;
    for (const text of await file.read()) {
      const line = readLine(text);
      const number = macs.length + 1;
      if (
        line === undefined ||
        line.sequence !== number ||
        sealOf(withoutMac(line), macs.at(-1) ?? genesis) !== line.mac
      ) {
        throw new TombstoneError(
          `${path} is not as this server wrote it: line ${number} was changed, moved, or follows one that was dropped, or the keys of another data folder are in use. ` +
            'Bring the file back from a copy. Without one, move it aside: the next start writes anew what the certificates still know.',
        );
      }
      keep(line);
    }
  };
  await load();

  let tail: Promise<unknown> = Promise.resolve();
  const append = (entries: readonly TombstoneEntry[]): Promise<void> => {
    const next = tail.then(async () => {
      let previous = macs.at(-1) ?? genesis;
      const lines = entries.map(({ kind, hash, erasedAtMs, certificateId }, index): Tombstone => {
        const line = { sequence: macs.length + 1 + index, kind, hash, erasedAtMs, certificateId };
        previous = sealOf(line, previous);
        return { ...line, mac: previous };
      });
      try {
        await file.append(lines.map((line) => JSON.stringify(line)));
      } catch (error) {
        // A part of them may be on disk: the next line must follow what is there.
        await load();
        throw error;
      }
      for (const line of lines) keep(line);
    });
    tail = next.catch(() => {});
    return next;
  };

  const hashOf = (target: ErasureTarget): string => mac(canonicalJson(identityOf(target))).toString('hex');
  return {
    get head() {
      return { count: macs.length, mac: macs.at(-1) ?? genesis };
    },
    get latestMs() {
      return latestMs;
    },
    hashOf,
    add: (targets, about) => append(targets.map((target) => ({ kind: target.kind, hash: hashOf(target), ...about }))),
    addHashes: append,
    of(held) {
      if (byHash.size === 0) return undefined;
      for (const target of targetsOf(held)) {
        const found = byHash.get(hashOf(target));
        if (found !== undefined && found.erasedAtMs >= held.storedAtMs) return found;
      }
      return undefined;
    },
    has: (hash) => byHash.has(hash),
    hasKind: (kind) => kinds.has(kind),
    contains: (head) => head.count === 0 || macs[head.count - 1] === head.mac,
  };
}

/** Everything that a tombstone could call this. */
function targetsOf(held: HeldThing): readonly ErasureTarget[] {
  const { subject, purpose, collectionId, faceId } = held;
  return [
    ...(subject === undefined
      ? []
      : [
          { kind: 'subject', subject } as const,
          ...(purpose === undefined ? [] : [{ kind: 'subject', subject, purpose: purpose as never } as const]),
        ]),
    ...(collectionId === undefined
      ? []
      : [
          { kind: 'collection', collectionId } as const,
          ...(faceId === undefined ? [] : [{ kind: 'face', collectionId, faceId } as const]),
        ]),
  ];
}

function identityOf(target: ErasureTarget): readonly string[] {
  switch (target.kind) {
    case 'subject':
      return ['subject', target.purpose ?? '*', target.subject];
    case 'face':
      return ['face', target.collectionId, target.faceId];
    case 'collection':
      return ['collection', target.collectionId];
  }
}

function withoutMac({ sequence, kind, hash, erasedAtMs, certificateId }: Tombstone): Omit<Tombstone, 'mac'> {
  return { sequence, kind, hash, erasedAtMs, certificateId };
}

function readLine(text: string): Tombstone | undefined {
  try {
    const line = JSON.parse(text) as Partial<Tombstone> | null;
    return typeof line?.sequence === 'number' &&
      typeof line.kind === 'string' &&
      typeof line.hash === 'string' &&
      typeof line.erasedAtMs === 'number' &&
      typeof line.certificateId === 'string' &&
      typeof line.mac === 'string'
      ? (line as Tombstone)
      : undefined;
  } catch {
    return undefined;
  }
}
