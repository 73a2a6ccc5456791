import type { CollectionStore } from '../../stores/ports/index.ts';

/** Remembers which faces were found by searches, until it is written down. */
export interface FaceUses {
  note(collectionId: string, faceIds: readonly string[]): void;
  /** Writes down what was noted. */
  flush(): Promise<void>;
}

/**
 * Notes uses in memory, because a write for every search would cost more than the search. A kill loses what was noted
 * since the last flush, so a face may then be erased earlier, never later, than its last use says.
 */
export function createFaceUses(parts: {
  collections: Pick<CollectionStore, 'markUsed' | 'findCollection'>;
  clock: () => number;
}): FaceUses {
  let noted = new Map<string, Map<string, number>>();
  return {
    note(collectionId, faceIds) {
      const faces = noted.get(collectionId) ?? new Map<string, number>();
      const nowMs = parts.clock();
      for (const faceId of faceIds) faces.set(faceId, nowMs);
      if (faces.size > 0) noted.set(collectionId, faces);
    },
    async flush() {
      const flushed = noted;
      noted = new Map();
      for (const [collectionId, faces] of flushed) {
        if ((await parts.collections.findCollection(collectionId)) === undefined) continue;
        // The store keeps the day of the last use.
        const byDay = new Map<number, string[]>();
        for (const [faceId, atMs] of faces) {
          const day = Math.floor(atMs / dayMs) * dayMs;
          const ofDay = byDay.get(day);
          if (ofDay === undefined) byDay.set(day, [faceId]);
          else ofDay.push(faceId);
        }
        for (const [day, faceIds] of byDay) await parts.collections.markUsed(collectionId, faceIds, day);
      }
    },
  };
}

const dayMs = 86_400_000;
