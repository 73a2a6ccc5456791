import type { CollectionStore } from '../../stores/ports/index.ts';
import type { SubjectLocks } from '../consent/index.ts';
import { type PurposeName, purposeNames } from '../policy/index.ts';
import type { EnrolmentHandler } from '../review/index.ts';
import type { PendingFace, PendingFaces } from './pending-faces.ts';
import { unpackPendingTemplate } from './pending-template.ts';
import { endsOfFace, type WithholdingParts } from './withholding.ts';

/** What finishing a decided enrolment stands on. */
export interface EnrolDecidedParts {
  readonly pending: PendingFaces;
  readonly collections: Pick<CollectionStore, 'addFaces' | 'findCollection'>;
  readonly crops: Pick<WithholdingParts['crops'], 'keep'>;
  readonly minors: Pick<WithholdingParts['minors'], 'seen'>;
  readonly locks: SubjectLocks;
  /** Whether the subject may be enrolled now: its consent may have ended while the face waited. */
  mayEnrol(face: PendingFace): Promise<boolean>;
}

/**
 * Finishes an enrolment that two reviewers have decided: the face is stored when both found it the same as one of the
 * subject's faces, and not different from any. It is forgotten when they did not, when it was deleted or erased while
 * it waited, when the consent has ended, and when its collection was deleted, even if there is one of that name again.
 */
export function enrolDecided(parts: EnrolDecidedParts): EnrolmentHandler {
  return async ({ caseId, candidates, payload }) => {
    const { faceId, template, crop, maxFaces } = unpackPendingTemplate(payload);
    const face = await parts.pending.find(faceId);
    const purpose = purposeNames.find((name) => name === face?.purpose);
    if (face === undefined || face.caseId !== caseId || purpose === undefined) return;
    const isAgreed =
      candidates.some(({ agreed }) => agreed === 'same') && !candidates.some(({ agreed }) => agreed === 'different');
    await parts.locks.hold(purpose, face.subject, async () => {
      if (isAgreed) await enrol(face, purpose, { template, crop, maxFaces });
      await parts.pending.remove({ id: face.collectionId, createdAtMs: face.collectionCreatedAtMs }, [faceId]);
    });
  };

  async function enrol(
    face: PendingFace,
    purpose: PurposeName,
    { template, crop, maxFaces }: { template: Float32Array; crop: Uint8Array | undefined; maxFaces: number },
  ): Promise<void> {
    // Read again under the lock: it may have been deleted or erased while this waited for it.
    if ((await parts.pending.find(face.faceId)) === undefined) return;
    const collection = await parts.collections.findCollection(face.collectionId);
    const isItsCollection = collection?.createdAtMs === face.collectionCreatedAtMs && collection.purpose === purpose;
    if (!isItsCollection || !(await parts.mayEnrol(face))) return;
    // A template of the model before cannot be compared with what stands there now; a move waits for reviewers first.
    if (collection.modelVersion !== face.modelVersion) return;
    const { faceId, imageId, subject, box, confidence, modelVersion } = face;
    const { faces } = await parts.collections.addFaces(collection.id, {
      imageId,
      externalImageId: subject,
      modelVersion,
      maxFaces,
      faces: [{ faceId, box, confidence, template }],
    });
    for (const stored of faces) {
      parts.minors.seen(collection, endsOfFace(stored));
      if (crop !== undefined && stored.faceId === faceId) await parts.crops.keep(collection, endsOfFace(stored), crop);
    }
  }
}
