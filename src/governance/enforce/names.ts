import { ServiceError } from '../../contract/index.ts';
import type { CollectionRecord, FaceRecord } from '../../stores/ports/index.ts';
import type { UserWriter } from '../capabilities.ts';
import { endsOfFace, endsOfFacesOf, type ReviewGrant, type WithholdingParts } from './withholding.ts';

/**
 * A user writer under which no likeness is told that a search would withhold: where the purpose wants review, and for
 * minors everywhere, a face joins the user under whose name it was enrolled (its ExternalImageId is the UserId), and
 * no other; whether they look alike is neither asked nor told. A face that a cannot-link keeps from a user never joins it.
 */
export function associateByName(
  writer: UserWriter,
  grant: ReviewGrant,
  collection: CollectionRecord,
  { cannotLinks, minors, collections }: Pick<WithholdingParts, 'cannotLinks' | 'collections' | 'minors'>,
): UserWriter {
  const isMinorUser = async (userId: string): Promise<boolean> => {
    if (await minors.isMinor(collection, { userId })) return true;
    const faces = await endsOfFacesOf(collection.id, userId, collections);
    const judged = await Promise.all(faces.map((face) => minors.isMinor(collection, face)));
    return judged.includes(true);
  };

  /** `refused` and `joins` are decided without looking at a template. */
  async function judge(userId: string, face: FaceRecord): Promise<'refused' | 'joins' | 'by-likeness'> {
    const links = await cannotLinks.forCollection(collection.id);
    if (!links.isEmpty) {
      const members = [{ userId }, ...(await endsOfFacesOf(collection.id, userId, collections))];
      if (members.some((member) => links.excludes(endsOfFace(face), member))) return 'refused';
    }
    const isByName =
      grant.review !== 'none' ||
      ((await minors.anyIn(collection)) &&
        ((await minors.isMinor(collection, endsOfFace(face))) || (await isMinorUser(userId))));
    if (!isByName) return 'by-likeness';
    return face.externalImageId === userId ? 'joins' : 'refused';
  }

  return {
    record: writer.record,
    async createUser(userId) {
      await writer.createUser(userId);
      minors.seen(collection, { userId });
    },
    findUser: (userId) => writer.findUser(userId),
    deleteUser: (userId) => writer.deleteUser(userId),
    findFaces: (faceIds) => writer.findFaces(faceIds),
    disassociateFaces: (userId, change) => writer.disassociateFaces(userId, change),
    async matchWithUser(userId, faceId, threshold) {
      const [face] = await writer.findFaces([faceId]);
      const judgement = face === undefined ? 'by-likeness' : await judge(userId, face);
      if (judgement === 'by-likeness') return writer.matchWithUser(userId, faceId, threshold);
      return { matches: judgement === 'joins' };
    },
    async associateFaces(userId, change) {
      const faces = await writer.findFaces(change.faceIds);
      for (const face of faces) {
        if ((await judge(userId, face)) === 'refused') {
          throw new ServiceError(
            'AccessDeniedException',
            'Here a face joins only the user under whose name it was enrolled (its ExternalImageId is the UserId), and ' +
              'never one from whom reviewers parted it. Rule: withheld-until-reviewed; read docs/accountability.md#review.',
          );
        }
      }
      const user = await writer.associateFaces(userId, change);
      for (const face of faces) minors.seen(collection, { ...endsOfFace(face), userId });
      return user;
    },
  };
}
