import { ServiceError } from '../../contract/index.ts';
import type { CollectionRecord } from '../../stores/ports/index.ts';
import type { FaceTemplate } from '../../vision/index.ts';
import type { FaceWriter, UserWriter } from '../capabilities.ts';
import type { ConsentLedger } from '../consent/ledger.ts';
import type { SubjectLocks } from '../consent/subject-locks.ts';
import { needsReceipt, type PurposeRow } from '../policy/index.ts';

/** Compares faces with what a purpose already holds of a subject. */
export interface SubjectLikeness {
  /** The best similarity 0..100 against the subject's faces under the purpose; undefined when it has none. */
  ofTemplate(subject: string, template: FaceTemplate): Promise<number | undefined>;
  /** The similarity 0..100 of two faces of the granted collection; undefined when one is gone. */
  ofFaces(faceId: string, otherFaceId: string): Promise<number | undefined>;
}

/** An image's faces on their way into a collection. */
export type Enrolment = Parameters<FaceWriter['addFaces']>[0];

/**
 * Takes faces where matches are reviewed: a subject's further face must wait for reviewers, whoever it looks like, for
 * an answer that depended on likeness would be a search. Called with the subject's lock held, on an active receipt.
 */
export interface PendingEnrolment {
  offer(subject: string, image: Enrolment): ReturnType<FaceWriter['addFaces']>;
}

/** What enrolling where consent is required stands on. */
export interface EnrolmentParts {
  readonly purpose: PurposeRow;
  readonly record: CollectionRecord;
  readonly ledger: ConsentLedger;
  readonly locks: SubjectLocks;
  readonly likeness: SubjectLikeness;
  /** Absent: a subject has one face where matches are reviewed. */
  readonly pending?: PendingEnrolment;
}

/**
 * A face must look like its subject's others at this similarity, or at the purpose's floor where that is higher: a
 * refusal below the floor would tell what a search may not.
 */
const leastLikeness = 80;

/**
 * A face writer for whose purpose each subject must have consented: one face per image, under a subject whose receipt
 * is active at the moment of storing, and like the subject's other faces. It holds even where the operation forgets.
 * Under other purposes it is the writer itself.
 */
export function consentedFaceWriter(writer: FaceWriter, parts: EnrolmentParts): FaceWriter {
  const { purpose, likeness } = parts;
  if (!needsReceipt(purpose)) return writer;
  return {
    record: writer.record,
    oneFace: true,
    deleteFaces: (faceIds) => writer.deleteFaces(faceIds),
    async addFaces(image) {
      const subject = image.externalImageId;
      if (subject === undefined || subject === '') {
        throw refusal('active-consent', `The purpose ${purpose.name} enrols only named subjects (ExternalImageId).`);
      }
      if (image.faces.length > 1) {
        throw refusal(
          'one-subject',
          `The purpose ${purpose.name} enrols one face per image, for one consent enrols one person.`,
        );
      }
      const [face] = image.faces;
      // Nothing to store: no face was good enough, which is no matter of consent.
      if (face === undefined) return writer.addFaces(image);
      return whileConsenting(parts, subject, async () => {
        if (purpose.review !== 'none' && parts.pending !== undefined) return parts.pending.offer(subject, image);
        const similarity = await likeness.ofTemplate(subject, face.template);
        if (similarity === undefined) return writer.addFaces(image);
        if (purpose.review !== 'none') {
          throw refusal(
            'one-subject',
            `The subject has a face already, and under the purpose ${purpose.name} a further one is let in by reviewers only.`,
          );
        }
        if (similarity < leastLikenessOf(purpose)) throw unlike(purpose);
        return writer.addFaces(image);
      });
    },
  };
}

/**
 * A user writer for whose purpose each subject must have consented: users are subjects with an active receipt at the
 * moment of storing, and only faces enrolled under the very same name join them, alike among each other; under review
 * the name alone decides, since each of its faces but the first has passed reviewers.
 */
export function consentedUserWriter(writer: UserWriter, parts: EnrolmentParts): UserWriter {
  const { purpose, likeness } = parts;
  if (!needsReceipt(purpose)) return writer;
  const threshold = leastLikenessOf(purpose);
  /** By user without faces: the face of this call that was let in first; the others must look like it. */
  const firstOf = new Map<string, string>();

  const matchWithUser: UserWriter['matchWithUser'] = async (userId, faceId, wanted) => {
    const [face] = await writer.findFaces([faceId]);
    if (face === undefined || face.externalImageId !== userId) return { matches: false };
    if (purpose.review !== 'none') return { matches: true };
    const first = firstOf.get(userId);
    const user = await writer.findUser(userId);
    if (user !== undefined && user.faceCount > 0) return writer.matchWithUser(userId, faceId, wanted);
    if (first === undefined || first === faceId) {
      firstOf.set(userId, faceId);
      return { matches: true };
    }
    const similarity = await likeness.ofFaces(first, faceId);
    if (similarity === undefined) return { matches: false };
    return { matches: similarity >= Math.max(wanted, threshold), similarity };
  };

  return {
    record: writer.record,
    findUser: (userId) => writer.findUser(userId),
    findFaces: (faceIds) => writer.findFaces(faceIds),
    deleteUser: (userId) => writer.deleteUser(userId),
    disassociateFaces: (userId, change) => writer.disassociateFaces(userId, change),
    matchWithUser,
    createUser: (userId) => whileConsenting(parts, userId, () => writer.createUser(userId)),
    associateFaces: (userId, change) =>
      whileConsenting(parts, userId, async () => {
        const faces = await writer.findFaces(change.faceIds);
        if (faces.some(({ externalImageId }) => externalImageId !== userId)) {
          throw refusal(
            'one-subject',
            'A face joins a user only where its ExternalImageId is the UserId: the consent of one subject covers no other.',
          );
        }
        const user = await writer.findUser(userId);
        const [first, ...others] = change.faceIds;
        if (first !== undefined && user?.faceCount === 0 && purpose.review === 'none') {
          for (const other of others) {
            const similarity = await likeness.ofFaces(first, other);
            if (similarity === undefined || similarity < threshold) throw unlike(purpose);
          }
        }
        return writer.associateFaces(userId, change);
      }),
  };
}

/**
 * Runs `store` while nobody can withdraw the subject's consent, once it is sure that it stands: it may have expired or
 * been withdrawn since the gate asked.
 */
function whileConsenting<T>(
  { purpose, record, ledger, locks }: EnrolmentParts,
  subject: string,
  store: () => Promise<T>,
): Promise<T> {
  return locks.hold(purpose.name, subject, async () => {
    const receipt = await ledger.activeReceipt({ purpose: purpose.name, collectionId: record.id, subject });
    if (receipt === undefined) {
      throw refusal(
        'active-consent',
        `The purpose ${purpose.name} enrols only subjects with an active consent receipt, and the subject's ended before anything was stored.`,
      );
    }
    return store();
  });
}

/** The similarity at which a face is taken for its subject. */
export function leastLikenessOf(purpose: PurposeRow): number {
  return Math.max(leastLikeness, purpose.similarityFloor);
}

function unlike(purpose: PurposeRow): ServiceError {
  return refusal(
    'one-subject',
    `The face does not look like the subject's others (a similarity of ${leastLikenessOf(purpose)} is asked for), and one consent enrols one person. Nothing was stored; use another photo of the subject, or delete its faces first where they are the wrong ones.`,
  );
}

function refusal(rule: 'active-consent' | 'one-subject', message: string): ServiceError {
  return new ServiceError('AccessDeniedException', `${message} Rule: ${rule}; see docs/accountability.md#consent.`);
}
