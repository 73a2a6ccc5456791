import type { CollectionRecord, CollectionStore } from '../../stores/ports/index.ts';
import type { FaceCropper, FaceTemplate } from '../../vision/index.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';
import type { CannotLinkSet } from '../review/cannot-links.ts';
import type { CandidateEnds, NewCase, ProbeEnds } from '../review/case.ts';
import type { CropStore } from '../review/crops.ts';
import type { Minors } from '../review/minors.ts';
import type { ProbeSheet, ProbeSource } from './probe-sheet.ts';

/** The part of a grant that decides whether matches are released. */
export type ReviewGrant = Pick<Grant, 'operation' | 'person' | 'purpose' | 'review'>;

/** What withholding stands on, the same for every call. */
export interface WithholdingParts {
  readonly desk: { open(request: NewCase): Promise<{ readonly caseId: string }> };
  readonly crops: Pick<CropStore, 'keep' | 'of' | 'remove'>;
  readonly cannotLinks: { forCollection(collectionId: string): Promise<CannotLinkSet> };
  readonly minors: Pick<Minors, 'anyIn' | 'isMinor' | 'seen'>;
  readonly cropper: FaceCropper;
  readonly collections: Pick<
    CollectionStore,
    'faceTemplate' | 'findFaces' | 'findFacesOfSubject' | 'listCollections' | 'listFaces'
  >;
  /** Similarity 0..100 of two templates of a model version. */
  similarityOf(modelVersion: string, one: FaceTemplate, other: FaceTemplate): number;
  /** Hex keyed hash of an image's bytes, the one that the audit notes. */
  probeHash(bytes: Uint8Array): string;
}

/** What the wrappers of one call share. */
export interface CallSheets {
  readonly notes: GrantNotes;
  readonly probes: ProbeSheet;
}

/** Fewer than one in ten strangers are as alike as this (20 points are one decade), so who is less alike is a stranger. */
const surelyStrangers = 20;

/** Whom a probe is known to be, as reviewers' links and marks name it. */
export async function endsOfProbe(
  source: ProbeSource,
  collectionId: string | undefined,
  parts: Pick<WithholdingParts, 'collections' | 'probeHash'>,
): Promise<ProbeEnds> {
  switch (source.kind) {
    case 'image':
      return { hash: parts.probeHash(source.image.bytes) };
    case 'user':
      return { userId: source.userId };
    case 'face': {
      const [face] = collectionId === undefined ? [] : await parts.collections.findFaces(collectionId, [source.faceId]);
      return face === undefined ? { faceId: source.faceId } : endsOfFace(face);
    }
  }
}

/** Whom a stored face is known to be. */
export function endsOfFace(face: {
  readonly faceId: string;
  readonly userId?: string;
  readonly externalImageId?: string;
}): CandidateEnds & { readonly faceId: string } {
  const { faceId, userId, externalImageId } = face;
  return {
    faceId,
    ...(userId !== undefined && { userId }),
    ...(externalImageId !== undefined && { externalImageId }),
  };
}

/** Faces of one user, by Rekognition's limit. */
const facesOfUser = 100;

/** Whom the faces of a user are known to be. */
export async function endsOfFacesOf(
  collectionId: string,
  userId: string,
  collections: Pick<CollectionStore, 'listFaces'>,
): Promise<readonly CandidateEnds[]> {
  const { faces } = await collections.listFaces(collectionId, { userId, limit: facesOfUser });
  return faces.map(endsOfFace);
}

/** A picture of the probe: cut from the image that was sent, or the kept one of the stored face. */
export async function cropOfProbe(
  source: ProbeSource,
  collectionId: string | undefined,
  parts: Pick<WithholdingParts, 'collections' | 'cropper' | 'crops'>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (source.kind === 'image') {
    const [crop] = await parts.cropper.crop(source.image, { boxes: [source.box] }, signal);
    return crop;
  }
  if (collectionId === undefined) return undefined;
  const faceId =
    source.kind === 'face' ? source.faceId : await oneFaceOf(collectionId, source.userId, parts.collections);
  return faceId === undefined ? undefined : parts.crops.of(collectionId, faceId);
}

/** One of a user's faces, to show the user by. */
export async function oneFaceOf(
  collectionId: string,
  userId: string,
  collections: Pick<CollectionStore, 'listFaces'>,
): Promise<string | undefined> {
  const { faces } = await collections.listFaces(collectionId, { userId, limit: 1 });
  return faces[0]?.faceId;
}

/** Says of a stored face whether it is surely another person's than the probe. */
export function nonMatchOf(
  probe: FaceTemplate,
  collection: CollectionRecord,
  threshold: number,
  parts: Pick<WithholdingParts, 'collections' | 'similarityOf'>,
): NonNullable<NewCase['isNonMatch']> {
  return async ({ faceId }) => {
    const template = await parts.collections.faceTemplate(collection.id, faceId);
    if (template === undefined) return false;
    return parts.similarityOf(collection.modelVersion, probe, template) < Math.min(surelyStrangers, threshold);
  };
}
