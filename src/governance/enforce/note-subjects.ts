import type { FaceRecord } from '../../stores/ports/index.ts';
import type { FaceSearch, FaceWriter, UserWriter } from '../capabilities.ts';
import { type GrantNotes, mostSubjects } from '../notes.ts';

/** A subject's name in the audit: an HMAC under its own key; undefined when the collection has no such subject. */
export type PseudonymOf = (subject: string) => Promise<string | undefined>;

/**
 * A search that notes whom it answered with. It stands outside of everything that withholds, so that the audit tells
 * no more than the answer did.
 */
export function noteFoundSubjects(search: FaceSearch, notes: GrantNotes, pseudonymOf: PseudonymOf): FaceSearch {
  return {
    ...search,
    async searchFaces(probe, options, signal) {
      const matches = await search.searchFaces(probe, options, signal);
      await noteAll(
        matches.map(({ face }) => subjectOf(face)),
        notes,
        pseudonymOf,
      );
      return matches;
    },
    async searchUsers(probe, options, signal) {
      const matches = await search.searchUsers(probe, options, signal);
      await noteAll(
        matches.map(({ user }) => user.userId),
        notes,
        pseudonymOf,
      );
      return matches;
    },
  };
}

/** A face writer that notes whom it stored, and whom it deleted while the key for it was still there. */
export function noteStoredSubjects(
  writer: FaceWriter,
  notes: GrantNotes,
  parts: { readonly pseudonymOf: PseudonymOf; findFaces(faceIds: readonly string[]): Promise<readonly FaceRecord[]> },
): FaceWriter {
  const { pseudonymOf, findFaces } = parts;
  return {
    ...writer,
    async addFaces(image) {
      const result = await writer.addFaces(image);
      await noteAll(result.faces.map(subjectOf), notes, pseudonymOf);
      return result;
    },
    async deleteFaces(faceIds) {
      await noteAll((await findFaces(faceIds.slice(0, mostSubjects))).map(subjectOf), notes, pseudonymOf);
      return writer.deleteFaces(faceIds);
    },
  };
}

/** A user writer that notes whose user it changed. */
export function noteChangedUsers(writer: UserWriter, notes: GrantNotes, pseudonymOf: PseudonymOf): UserWriter {
  const note = (userId: string): Promise<void> => noteAll([userId], notes, pseudonymOf);
  return {
    ...writer,
    async createUser(userId) {
      await writer.createUser(userId);
      await note(userId);
    },
    async deleteUser(userId) {
      await note(userId);
      await writer.deleteUser(userId);
    },
    async associateFaces(userId, change) {
      const user = await writer.associateFaces(userId, change);
      await note(userId);
      return user;
    },
    async disassociateFaces(userId, change) {
      const user = await writer.disassociateFaces(userId, change);
      await note(userId);
      return user;
    },
  };
}

/** Who a face is: its external image id, else its user, else the face itself. */
function subjectOf({ externalImageId, userId, faceId }: FaceRecord): string {
  return externalImageId ?? userId ?? faceId;
}

/** Each subject once; of more than a record names only the first are looked up. */
async function noteAll(subjects: readonly string[], notes: GrantNotes, pseudonymOf: PseudonymOf): Promise<void> {
  for (const subject of [...new Set(subjects)].slice(0, mostSubjects)) {
    const pseudonym = await pseudonymOf(subject);
    if (pseudonym !== undefined) notes.subject(pseudonym);
  }
}
