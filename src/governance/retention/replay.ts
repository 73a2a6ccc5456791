import type { DocumentStore } from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import type { KeptErasure } from './eraser.ts';
import type { ErasureSource, ErasureTarget, HeldThing } from './erasure-source.ts';
import type { TombstoneEntry, TombstoneHead, Tombstones } from './tombstones.ts';

/** What the replay of tombstones found in a data folder. */
export interface ReplayResult {
  /** Things that had been erased and were there again, as after a restore. */
  readonly erasedAgain: number;
  /** Tombstones that were missing from their file and came back from the certificates. */
  readonly mended: number;
}

/**
 * Erases again what the tombstones say was erased, wherever it comes from: a restored backup, or files copied by hand.
 * It runs at every start before anything is served.
 */
export async function replayTombstones(parts: {
  tombstones: Tombstones;
  sources: readonly ErasureSource[];
  documents: DocumentStore;
  notice: (notice: string) => void;
}): Promise<ReplayResult> {
  const { tombstones, sources, documents, notice } = parts;
  const mended = await mendTombstones(tombstones, documents);
  if (mended.missing) {
    notice(
      `the tombstones' file lacks lines that this data folder knows of: ${mended.added} were written anew from certificates. Find out who changed the file.`,
    );
  }
  let erasedAgain = 0;
  if (tombstones.head.count > 0) {
    for (const source of sources) {
      const back: HeldThing[] = [];
      for await (const held of source.held()) if (tombstones.of(held) !== undefined) back.push(held);
      for (const held of back) {
        for (const target of narrowTargets(held, tombstones)) await source.erase(target);
        erasedAgain += 1;
      }
    }
  }
  if (erasedAgain > 0) {
    await documents.scrub();
    notice(`${erasedAgain} things that had been erased were in the data folder again, and were erased before serving`);
  }
  await documents.change((change) => change.put('setting', 'tombstone-head', tombstones.head));
  return { erasedAgain, mended: mended.added };
}

/** Whom to erase, no wider than what was found: elsewhere the same subject may stand with a new consent. */
export function narrowTargets(held: HeldThing, tombstones: Tombstones): readonly ErasureTarget[] {
  const { subject, purpose, collectionId, faceId, ...rest } = held;
  const bare = { ...rest, ...(purpose !== undefined && { purpose }) };
  const within = collectionId === undefined ? {} : { collectionId };
  const found: ErasureTarget[] = [];
  if (subject !== undefined && tombstones.of({ ...bare, subject }) !== undefined) {
    found.push({ kind: 'subject', subject, ...within, ...(purpose !== undefined && { purpose: purpose as never }) });
  }
  if (collectionId === undefined) return found;
  if (faceId !== undefined && tombstones.of({ ...bare, collectionId, faceId }) !== undefined) {
    // The tombstone may be of the face or of its whole collection; the face goes either way.
    found.push({ kind: 'face', collectionId, faceId });
  }
  if (tombstones.of({ ...bare, collectionId }) !== undefined) {
    found.push(
      subject === undefined
        ? { kind: 'collection', collectionId }
        : { kind: 'subject', subject, collectionId, ...(purpose !== undefined && { purpose: purpose as never }) },
    );
  }
  return found;
}

async function mendTombstones(
  tombstones: Tombstones,
  documents: DocumentStore,
): Promise<{ missing: boolean; added: number }> {
  const head = (await documents.read((view) => view.get('setting', 'tombstone-head')))?.body as
    | TombstoneHead
    | undefined;
  if (head === undefined || tombstones.contains(head)) return { missing: false, added: 0 };
  const known: TombstoneEntry[] = [];
  for await (const { body } of documentsOf(documents, (view, page) => view.named('erasure', 'state', 'done', page))) {
    const kept = body as KeptErasure;
    if (kept.state === 'done' && !tombstones.has(kept.tombstone.hash)) known.push(kept.tombstone);
  }
  await tombstones.addHashes(known);
  return { missing: true, added: known.length };
}
