import { randomUUID } from 'node:crypto';
import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';
import { largestOnly } from '../faces/index.ts';

const nothingAsked = new Set<never>();
const base64 = /^[0-9A-Za-z+/\s]+={0,2}\s*$/;

/** Enrols the largest face of a photo as that of a recorded public figure, when it fits. */
export const addCelebrityPhoto = defineOwnOperation(
  'AddCelebrityPhoto',
  ['images', 'faceEmbedder', 'faceWriter', 'celebrityDesk', 'account'],
  async (request, { images, faceEmbedder, faceWriter, celebrityDesk, account }, { signal }) => {
    const { celebrityId } = request;
    await celebrityDesk.requireAdmitted(celebrityId);
    if (!base64.test(request.image)) {
      throw new ServiceError('InvalidParameterException', 'The image is not in Base64.');
    }
    const image = await images.read({ Bytes: Buffer.from(request.image, 'base64') }, signal);
    const { modelVersion } = faceWriter.record;
    const embedded = await faceEmbedder.embed(
      image,
      {
        modelVersion,
        find: 'all',
        maxFaces: 1,
        keep: 'largest',
        qualityFilter: 'AUTO',
        attributes: nothingAsked,
      },
      signal,
    );
    const faces = embedded.accepted.length + embedded.rejected.length;
    const { accepted, rejected } = largestOnly(embedded);
    const [face] = accepted;
    if (face === undefined) {
      const [largest] = rejected;
      if (largest === undefined) return { outcome: 'no-face', faces };
      return { outcome: 'poor-quality', faces, reasons: [...largest.reasons] };
    }
    if (request.isConfirmed !== true) {
      const verdict = await celebrityDesk.judge(celebrityId, face.template, signal);
      if (verdict !== 'fits') return { outcome: verdict, faces };
    }
    signal.throwIfAborted();
    const { box, confidence, template } = face;
    const stored = await faceWriter.addFaces({
      imageId: image.imageId,
      externalImageId: celebrityId,
      modelVersion,
      maxFaces: account.collectionMaxFaces,
      faces: [{ faceId: randomUUID(), box, confidence, template }],
    });
    const faceIds = stored.faces.map(({ faceId }) => faceId);
    try {
      // Who was erased or opted out meanwhile must not come back by this photo.
      await celebrityDesk.requireAdmitted(celebrityId);
    } catch (error) {
      await faceWriter.deleteFaces(faceIds);
      throw error;
    }
    const [faceId] = faceIds;
    return { outcome: stored.stored > 0 ? 'stored' : 'known', faces, ...(faceId !== undefined && { faceId }) };
  },
);
