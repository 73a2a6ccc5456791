import type { CollectionStore } from '../../stores/ports/index.ts';

/** Remembers which faces were found by searches, until it is written down. */
export interface FaceUses {
  note(collectionId: string, faceIds: readonly string[]): void;
  /** Users were found: that uses all of their faces. */
  noteUsers(collectionId: string, userIds: readonly string[]): void;
  /** Writes down what was noted. */
  flush(): Promise<void>;
}

/**
 * Notes uses in memory, because a write for every search would cost more than the search. A kill loses what was noted
 * since the last flush, so a face may then be erased earlier, never later, than its last use says.
 */
export function createFaceUses(parts: {
  collections: Pick<CollectionStore, 'markUsed' | 'findCollection' | 'listFaces'>;
  clock: () => number;
}): FaceUses {
  const { collections, clock } = parts;
  type Noted = Map<string, Map<string, number>>;
  let faces: Noted = new Map();
  let users: Noted = new Map();
  const noteIn = (noted: Noted, collectionId: string, ids: readonly string[]): void => {
    if (ids.length === 0) return;
    const times = noted.get(collectionId) ?? new Map<string, number>();
    const nowMs = clock();
    for (const id of ids) times.set(id, nowMs);
    noted.set(collectionId, times);
  };
  const markAll = async (collectionId: string, times: ReadonlyMap<string, number>): Promise<void> => {
    // The store keeps the day of the last use.
    const byDay = new Map<number, string[]>();
    for (const [faceId, atMs] of times) {
      const day = Math.floor(atMs / dayMs) * dayMs;
      const ofDay = byDay.get(day);
      if (ofDay === undefined) byDay.set(day, [faceId]);
      else ofDay.push(faceId);
    }
    for (const [day, faceIds] of byDay) await collections.markUsed(collectionId, faceIds, day);
  };
  return {
    note: (collectionId, faceIds) => noteIn(faces, collectionId, faceIds),
    noteUsers: (collectionId, userIds) => noteIn(users, collectionId, userIds),
    async flush() {
      const [facesNow, usersNow] = [faces, users];
      faces = new Map();
      users = new Map();
      for (const [collectionId, times] of facesNow) {
        if ((await collections.findCollection(collectionId)) !== undefined) await markAll(collectionId, times);
      }
      for (const [collectionId, times] of usersNow) {
        if ((await collections.findCollection(collectionId)) === undefined) continue;
        const ofUsers = new Map<string, number>();
        for (const [userId, atMs] of times) {
          const page = await collections.listFaces(collectionId, { userId, limit: mostFacesOfUser });
          for (const { faceId } of page.faces) ofUsers.set(faceId, atMs);
        }
        await markAll(collectionId, ofUsers);
      }
    },
  };
}

/** AWS allows 100. */
const mostFacesOfUser = 1_000;
const dayMs = 86_400_000;
