import { ServiceError } from '../../contract/index.ts';
import type { FaceRecord } from '../../stores/ports/index.ts';
import type { Reembedder, UnadmittedFace } from '../capabilities.ts';
import type { GrantNotes } from '../notes.ts';
import { needsReceipt } from '../policy/index.ts';
import type { EnrolmentParts } from './enrolment.ts';
import type { PendingFaces } from './pending-faces.ts';
import type { WithholdingParts } from './withholding.ts';

/**
 * Moves to another face model only whose consent stands, where the purpose needs one: computing a template anew is a
 * use of the image that the consent must cover.
 */
export function consentedReembedder(
  reembedder: Reembedder,
  { purpose, record, ledger }: Pick<EnrolmentParts, 'purpose' | 'record' | 'ledger'>,
): Reembedder {
  if (!needsReceipt(purpose)) return reembedder;
  const consents = async ({ externalImageId, userId }: FaceRecord): Promise<boolean> => {
    const subject = externalImageId ?? userId;
    if (subject === undefined) return false;
    const asked = { purpose: purpose.name, collectionId: record.id, subject };
    return (await ledger.activeReceipt(asked)) !== undefined;
  };
  const admit: Reembedder['admit'] = async (faces) => {
    const stands = await Promise.all(faces.map(consents));
    const admitted = await reembedder.admit(faces.filter((_, i) => stands[i]));
    const ended = faces.filter((_, i) => !stands[i]);
    const refused = ended.map(({ faceId }): UnadmittedFace => ({ faceId, reason: 'no-consent' }));
    return { admitted: admitted.admitted, refused: [...refused, ...admitted.refused] };
  };
  return {
    ...reembedder,
    admit,
    async stage(modelVersion, faces) {
      const { admitted, refused } = await admit(faces.map(({ face }) => face));
      const kept = new Set(admitted.map(({ faceId }) => faceId));
      const result = await reembedder.stage(
        modelVersion,
        faces.filter(({ face }) => kept.has(face.faceId)),
      );
      return { staged: result.staged, refused: [...refused, ...result.refused] };
    },
  };
}

/**
 * Waits for reviewers: the templates of faces that wait to be enrolled are of the model before, and would be lost with
 * the switch. Pictures that are kept for reviewers go with the faces that are dropped.
 */
export function reviewedReembedder(
  reembedder: Reembedder,
  {
    pending,
    crops,
  }: { readonly pending: Pick<PendingFaces, 'anyIn'>; readonly crops: Pick<WithholdingParts['crops'], 'remove'> },
): Reembedder {
  return {
    ...reembedder,
    async finish(modelVersion, dropFaceIds) {
      if (await pending.anyIn(reembedder.record)) {
        throw new ServiceError(
          'ConflictException',
          'Faces of this collection wait for reviewers, with templates of the face model that it has: let the cases be decided first.',
        );
      }
      const result = await reembedder.finish(modelVersion, dropFaceIds);
      await crops.remove(reembedder.record.id, dropFaceIds);
      return result;
    },
  };
}

/** Counts what was staged and dropped, for the audit. */
export function countReembedding(reembedder: Reembedder, notes: GrantNotes): Reembedder {
  return {
    ...reembedder,
    async stage(modelVersion, faces) {
      const result = await reembedder.stage(modelVersion, faces);
      notes.count('facesStaged', result.staged.length);
      return result;
    },
    async finish(modelVersion, dropFaceIds) {
      const result = await reembedder.finish(modelVersion, dropFaceIds);
      notes.count('facesReembedded', result.collection.faceCount);
      notes.count('facesDeleted', result.dropped);
      return result;
    },
  };
}
