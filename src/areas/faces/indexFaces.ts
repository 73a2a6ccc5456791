import { randomUUID } from 'node:crypto';
import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { askedAttributes, faceDetail, wireFace } from './face-detail.ts';
import { largestOnly } from './largest-only.ts';

/** Finds an image's faces and stores those that are good enough, once per image and ExternalImageId. */
export const indexFaces = defineOperation(
  'IndexFaces',
  ['images', 'faceEmbedder', 'faceWriter', 'account'],
  async (request, { images, faceEmbedder, faceWriter, account }, { signal }) => {
    const image = await images.read(request.Image, signal);
    const asked = askedAttributes(request.DetectionAttributes);
    const { modelVersion } = faceWriter.record;
    const most = faceWriter.oneFace ? 1 : limits.facesPerImage;
    const embedded = await faceEmbedder.embed(
      image,
      {
        modelVersion,
        find: 'all',
        maxFaces: Math.min(request.MaxFaces ?? most, most),
        keep: faceWriter.oneFace ? 'largest' : 'best',
        qualityFilter: request.QualityFilter ?? 'AUTO',
        attributes: asked.attributes,
      },
      signal,
    );
    const found = faceWriter.oneFace ? largestOnly(embedded) : embedded;
    // A client that has gone away gets nothing stored behind its back.
    signal.throwIfAborted();
    const stored = await faceWriter.addFaces({
      imageId: image.imageId,
      ...(request.ExternalImageId !== undefined && { externalImageId: request.ExternalImageId }),
      modelVersion,
      maxFaces: account.collectionMaxFaces,
      faces: found.accepted.map(({ box, confidence, template }) => ({
        faceId: randomUUID(),
        box,
        confidence,
        template,
      })),
    });
    return {
      FaceRecords: found.accepted.flatMap((face, index) => {
        const record = stored.faces[index];
        return record ? [{ Face: wireFace(record), FaceDetail: faceDetail(face, asked) }] : [];
      }),
      FaceModelVersion: modelVersion,
      UnindexedFaces: found.rejected.map((face) => ({
        Reasons: [...face.reasons],
        FaceDetail: faceDetail(face, asked),
      })),
    };
  },
);
