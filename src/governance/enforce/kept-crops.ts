import type { CollectionRecord } from '../../stores/ports/index.ts';
import type { FaceWriter } from '../capabilities.ts';
import { type CallSheets, endsOfFace, type ReviewGrant, type WithholdingParts } from './withholding.ts';

/** Faces are cut out of images that the client may abandon, but what was stored keeps its picture. */
const unhurried = (): AbortSignal => new AbortController().signal;

/**
 * A face writer that keeps a small picture of each face where the purpose wants review, and of those enrolled under a
 * minor's name, since reviewers must see whom they judge. Nowhere else is a picture kept. It goes with its face.
 */
export function keepCrops(
  writer: FaceWriter,
  grant: ReviewGrant,
  collection: CollectionRecord,
  { crops, cropper, minors }: Pick<WithholdingParts, 'crops' | 'cropper' | 'minors'>,
  { probes }: Pick<CallSheets, 'probes'>,
): FaceWriter {
  return {
    record: writer.record,
    async addFaces(image) {
      const { externalImageId } = image;
      // What is found of a minor goes before reviewers under every purpose.
      const isSeen =
        grant.review !== 'none' ||
        (externalImageId !== undefined && (await minors.isMinor(collection, { externalImageId })));
      const pictures = isSeen ? await Promise.all(image.faces.map(pictureOf)) : [];
      const result = await writer.addFaces(image);
      for (const [i, face] of result.faces.entries()) {
        minors.seen(collection, endsOfFace(face));
        const picture = pictures[i];
        const isNew = face.faceId === image.faces[i]?.faceId;
        if (isNew && picture !== undefined) await crops.keep(collection, endsOfFace(face), picture);
      }
      return result;
    },
    async deleteFaces(faceIds) {
      const result = await writer.deleteFaces(faceIds);
      await crops.remove(collection.id, result.deleted);
      return result;
    },
  };

  async function pictureOf({ template }: { readonly template: Float32Array }): Promise<Uint8Array | undefined> {
    const source = probes.sourceOf(template);
    if (source.kind !== 'image') return undefined;
    const [jpeg] = await cropper.crop(source.image, { boxes: [source.box] }, unhurried());
    return jpeg;
  }
}
