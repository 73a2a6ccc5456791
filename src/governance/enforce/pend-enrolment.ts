import type { Box } from '../../shared/geometry.ts';
import type { CollectionRecord, FaceRecord, NewFace } from '../../stores/ports/index.ts';
import type { FaceWriter } from '../capabilities.ts';
import { mostCandidates, type NewCandidate } from '../review/case.ts';
import type { PendingFace, PendingFaces } from './pending-faces.ts';
import { packPendingTemplate } from './pending-template.ts';
import {
  type CallSheets,
  cropOfProbe,
  endsOfFace,
  endsOfProbe,
  nonMatchOf,
  type ReviewGrant,
  type WithholdingParts,
} from './withholding.ts';

type Image = Parameters<FaceWriter['addFaces']>[0];

/** A face of the subject, in whichever collection of the purpose it stands. */
interface StandingFace {
  readonly face: FaceRecord;
  readonly in: CollectionRecord;
  readonly isHere: boolean;
}

/** Collections read at a time. */
const pageSize = 200;

/**
 * A face writer for purposes with review. A subject's first face is stored. A further one waits until two reviewers
 * agreed that it is the same person as those that are stored: it is answered as if it had been stored, since "refused
 * as unlike" or "stored as alike" would tell what a search may not. A repeated request and a deletion find it as they
 * would find a stored one; ListFaces, DescribeCollection and searches do not, alike or not.
 *
 * Call it with the subject's lock held, so that two first faces at once do not both count as first.
 */
export function pendEnrolments(
  writer: FaceWriter,
  grant: ReviewGrant,
  collection: CollectionRecord,
  parts: WithholdingParts & { readonly pending: PendingFaces; readonly clock: () => number },
  { notes, probes }: CallSheets,
): FaceWriter {
  if (grant.review === 'none') return writer;

  async function addOne(image: Image, subject: string, face: NewFace): Promise<{ face: FaceRecord; stored: number }> {
    const standing = await facesUnderPurpose(subject);
    const isStored = standing.some(
      ({ face: one, isHere }) => isHere && one.imageId === image.imageId && isSameBox(one.box, face.box),
    );
    if (standing.length === 0 || isStored) {
      const { faces, stored } = await writer.addFaces({ ...image, faces: [face] });
      const [record] = faces;
      if (record === undefined) throw new Error('a face was added without a record');
      return { face: record, stored };
    }
    const waiting = await parts.pending.ofImage(collection, image.imageId, subject);
    const known = waiting.find(({ box }) => isSameBox(box, face.box));
    if (known !== undefined) {
      notes.reviewCase(known.caseId);
      return { face: recordOf(known), stored: 0 };
    }
    return { face: recordOf(await pend(image, subject, face, standing)), stored: 0 };
  }

  async function pend(
    image: Image,
    subject: string,
    face: NewFace,
    standing: readonly StandingFace[],
  ): Promise<PendingFace> {
    const source = probes.sourceOf(face.template);
    const [{ hash }, crop, candidates] = await Promise.all([
      endsOfProbe(source, collection.id, parts),
      cropOfProbe(source, collection.id, parts, new AbortController().signal),
      Promise.all(standing.slice(0, mostCandidates).map((one) => candidateOf(one, face))),
    ]);
    const { caseId } = await parts.desk.open({
      kind: 'enrolment',
      operation: grant.operation,
      purpose: grant.purpose,
      collectionId: collection.id,
      collectionCreatedAtMs: collection.createdAtMs,
      requestedBy: grant.person,
      threshold: 0,
      model: collection.modelVersion,
      // Without its name: "not this person" must part the picture from the subject, not the subject from itself.
      probe: { hash, ...(crop && { crop }) },
      candidates,
      enrols: { externalImageId: subject, faceId: face.faceId },
      pending: packPendingTemplate({ faceId: face.faceId, template: face.template, crop, maxFaces: image.maxFaces }),
      isNonMatch: nonMatchOf(face.template, collection, 100, parts),
    });
    notes.reviewCase(caseId);
    const pending: PendingFace = {
      faceId: face.faceId,
      caseId,
      collectionId: collection.id,
      collectionCreatedAtMs: collection.createdAtMs,
      purpose: collection.purpose,
      subject,
      imageId: image.imageId,
      box: face.box,
      confidence: face.confidence,
      modelVersion: image.modelVersion,
      sentAtMs: parts.clock(),
    };
    await parts.pending.put(pending);
    return pending;
  }

  async function candidateOf({ face: standing, in: its, isHere }: StandingFace, face: NewFace): Promise<NewCandidate> {
    const [template, crop] = await Promise.all([
      parts.collections.faceTemplate(its.id, standing.faceId),
      parts.crops.of(its.id, standing.faceId),
    ]);
    const isComparable = template !== undefined && its.modelVersion === collection.modelVersion;
    const similarity = isComparable ? parts.similarityOf(collection.modelVersion, face.template, template) : 0;
    // A face id means something in its own collection only.
    const { externalImageId } = endsOfFace(standing);
    return { ...(isHere ? endsOfFace(standing) : { externalImageId }), similarity, crop };
  }

  /** One consent is one person's, in whichever collection of its purpose it is enrolled; this collection first. */
  async function facesUnderPurpose(subject: string): Promise<readonly StandingFace[]> {
    const found: StandingFace[] = [];
    for (let afterId: string | undefined = ''; afterId !== undefined; ) {
      const page: readonly CollectionRecord[] = await parts.collections.listCollections({ afterId, limit: pageSize });
      for (const one of page.filter(({ purpose }) => purpose === collection.purpose)) {
        const isHere = one.id === collection.id;
        const faces = await parts.collections.findFacesOfSubject(one.id, subject);
        const standing = faces.map((face) => ({ face, in: one, isHere }));
        if (isHere) found.unshift(...standing);
        else found.push(...standing);
      }
      afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
    }
    return found;
  }

  return {
    record: writer.record,
    async addFaces(image) {
      const { externalImageId: subject } = image;
      // A face without a name is its own subject, and a first one.
      if (subject === undefined) return writer.addFaces(image);
      const added: { face: FaceRecord; stored: number }[] = [];
      for (const face of image.faces) added.push(await addOne(image, subject, face));
      return { faces: added.map(({ face }) => face), stored: added.reduce((sum, { stored }) => sum + stored, 0) };
    },
    async deleteFaces(faceIds) {
      const withdrawn = await parts.pending.remove(collection, faceIds);
      const result = await writer.deleteFaces(faceIds.filter((faceId) => !withdrawn.includes(faceId)));
      // In the order that was asked for, so that their place does not tell them apart.
      const gone = new Set([...result.deleted, ...withdrawn]);
      return { ...result, deleted: faceIds.filter((faceId) => gone.has(faceId)) };
    },
  };
}

function recordOf(pending: PendingFace): FaceRecord {
  const { faceId, imageId, subject, box, confidence, modelVersion, sentAtMs } = pending;
  return { faceId, imageId, externalImageId: subject, box, confidence, modelVersion, storedAtMs: sentAtMs };
}

/** As the store knows a face again: the same image gives the same boxes, up to how a library rounds. */
export function isSameBox(one: Box, other: Box): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6;
  return (
    near(one.left, other.left) &&
    near(one.top, other.top) &&
    near(one.width, other.width) &&
    near(one.height, other.height)
  );
}
