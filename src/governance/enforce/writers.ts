import { ServiceError } from '../../contract/index.ts';
import type { FaceWriter, UserWriter } from '../capabilities.ts';
import type { GrantNotes } from '../notes.ts';
import { effectiveThreshold, type FloorGrant } from './floor.ts';

/** A face writer that counts what was stored and deleted, for the audit. */
export function countFaceWrites(writer: FaceWriter, notes: GrantNotes): FaceWriter {
  return {
    record: writer.record,
    ...(writer.oneFace && { oneFace: true }),
    async addFaces(image) {
      const result = await writer.addFaces(image);
      notes.count('facesStored', result.stored);
      return result;
    },
    async deleteFaces(faceIds) {
      const result = await writer.deleteFaces(faceIds);
      notes.count('facesDeleted', result.deleted.length);
      return result;
    },
  };
}

/**
 * A user writer under the floor: a face joins a user only when it looks like the user at the floor or above, and a
 * likeness below the floor is never told, since telling it would answer what a search may not. `associateFaces` checks
 * each face that was not judged before, so that an operation which forgets to ask gains nothing.
 */
export function floorUserWriter(writer: UserWriter, grant: FloorGrant, notes: GrantNotes): UserWriter {
  const admitted = new Set<string>();
  const judge: UserWriter['matchWithUser'] = async (userId, faceId, requested) => {
    const threshold = effectiveThreshold(requested, grant);
    notes.threshold(requested, threshold);
    const { matches, similarity } = await writer.matchWithUser(userId, faceId, threshold);
    const told = similarity !== undefined && similarity >= grant.similarityFloor;
    const accepted = matches && (similarity === undefined || similarity >= threshold);
    if (accepted) admitted.add(pairKey(userId, faceId));
    return { matches: accepted, ...(told && { similarity }) };
  };
  return {
    record: writer.record,
    createUser: (userId) => writer.createUser(userId),
    findUser: (userId) => writer.findUser(userId),
    deleteUser: (userId) => writer.deleteUser(userId),
    findFaces: (faceIds) => writer.findFaces(faceIds),
    matchWithUser: judge,
    async associateFaces(userId, change) {
      for (const faceId of change.faceIds) {
        if (grant.similarityFloor === 0 || admitted.has(pairKey(userId, faceId))) continue;
        const { matches } = await judge(userId, faceId, grant.similarityFloor);
        if (!matches) {
          throw new ServiceError(
            'AccessDeniedException',
            "A face that is not alike enough to the user for this collection's purpose cannot join it.",
          );
        }
      }
      const user = await writer.associateFaces(userId, change);
      notes.count('facesAssociated', change.faceIds.length);
      return user;
    },
    async disassociateFaces(userId, change) {
      const user = await writer.disassociateFaces(userId, change);
      notes.count('facesDisassociated', change.faceIds.length);
      return user;
    },
  };
}

function pairKey(userId: string, faceId: string): string {
  return `${userId}\n${faceId}`;
}
