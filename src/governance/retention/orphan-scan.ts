import type { ErasureSource } from './erasure-source.ts';
import type { Tombstones } from './tombstones.ts';

/** Something of someone who was erased, which should not be there. */
export interface Orphan {
  /** What it is: `face`, `subject key`, `crop`. */
  readonly what: string;
  /** Who keeps it. */
  readonly source: string;
  readonly collectionId?: string;
  /** The erasure that should have reached it, where a tombstone tells. */
  readonly certificateId?: string;
  /** ISO 8601, UTC. */
  readonly erasedAt?: string;
}

/** What a scan looked at and found. */
export interface OrphanScan {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly tombstones: number;
  /** Things of people that were looked at, but for those whose number would tell what a review withholds. */
  readonly looked: number;
  readonly orphans: readonly Orphan[];
  /** True when there were more than are told. */
  readonly more: boolean;
}

/** Orphans that a scan tells at most. */
const mostOrphans = 1_000;
/** Things that are looked at before others have a turn. */
const slice = 2_000;

/** Looks through everything that is kept of people for what a tombstone says was erased. */
export async function scanForOrphans(parts: {
  tombstones: Tombstones;
  sources: readonly ErasureSource[];
  /** Of what stands where nothing refers to it: keys and vectors without rows. */
  strays?: () => Promise<readonly Orphan[]>;
  clock: () => number;
  signal: AbortSignal;
}): Promise<OrphanScan> {
  const { tombstones, sources, clock, signal } = parts;
  const orphans: Orphan[] = [...((await parts.strays?.()) ?? [])];
  let looked = 0;
  let told = 0;
  for (const source of sources) {
    for await (const held of source.held()) {
      looked += 1;
      if (held.isWithheld !== true) told += 1;
      if (looked % slice === 0) {
        signal.throwIfAborted();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const tombstone = tombstones.of(held);
      if (tombstone === undefined) continue;
      orphans.push({
        what: held.what,
        source: source.name,
        ...(held.collectionId !== undefined && { collectionId: held.collectionId }),
        certificateId: tombstone.certificateId,
        erasedAt: new Date(tombstone.erasedAtMs).toISOString(),
      });
    }
  }
  return {
    at: new Date(clock()).toISOString(),
    tombstones: tombstones.head.count,
    looked: told,
    orphans: orphans.slice(0, mostOrphans),
    more: orphans.length > mostOrphans,
  };
}
