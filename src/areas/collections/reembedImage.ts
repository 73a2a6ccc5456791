import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';
import { boxOverlap } from '../../shared/geometry.ts';

const base64 = /^[0-9A-Za-z+/\s]+={0,2}\s*$/;
const nothingAsked = new Set<never>();
/** Faces that the engine measures of one image at most, twice as many as may be stored. */
const mostFaces = 200;
/**
 * Share of the union that the old box and a newly found one must have in common. The detector that found the face
 * before gives the same box to within rounding; another one differs by some pixels.
 */
const sameFace = 0.5;

interface Boxed {
  readonly box: Parameters<typeof boxOverlap>[0];
}

/** Finds the pending faces of an image in it again, and stages their templates of the other model. */
export const reembedImage = defineOwnOperation(
  'ReembedImage',
  ['images', 'faceEmbedder', 'reembedder'],
  async (request, { images, faceEmbedder, reembedder }, { signal }) => {
    const image = await images.read(requested(request), signal);
    const { imageId } = image;
    const staging = await reembedder.find();
    if (staging === undefined) {
      throw new ServiceError('ResourceNotFoundException', 'The collection is not being moved to another face model.');
    }
    const { modelVersion } = staging;
    const { faces } = await reembedder.pending({ limit: mostFaces, imageId });
    const { admitted, refused } = await reembedder.admit(faces);
    if (admitted.length === 0) return { imageId, staged: [], missing: [...refused] };
    const { accepted } = await faceEmbedder.embed(
      image,
      { modelVersion, find: 'all', maxFaces: mostFaces, keep: 'best', qualityFilter: 'NONE', attributes: nothingAsked },
      signal,
    );
    signal.throwIfAborted();
    const pairs = pairUp(admitted, accepted);
    const found = admitted.flatMap((face) => {
      const template = pairs.get(face)?.template;
      return template === undefined ? [] : [{ face, template }];
    });
    const result = await reembedder.stage(modelVersion, found);
    const lost = admitted.filter((face) => !pairs.has(face));
    return {
      imageId,
      staged: [...result.staged],
      missing: [
        ...refused,
        ...result.refused,
        ...lost.map(({ faceId }) => ({ faceId, reason: 'not-found-again' as const })),
      ],
    };
  },
);

function requested({ image, bucket, name }: { image?: string; bucket?: string; name?: string }) {
  if (image === undefined) return { S3Object: { Bucket: bucket, Name: name } };
  if (bucket !== undefined || name !== undefined || !base64.test(image)) {
    throw new ServiceError('InvalidParameterException', 'Send an image in Base64, or the bucket and name of one.');
  }
  return { Bytes: Buffer.from(image, 'base64') };
}

/** Gives each stored face the found one that lies where it did, the closest pairs first, none twice. */
function pairUp<Old extends Boxed, New extends Boxed>(stored: readonly Old[], found: readonly New[]): Map<Old, New> {
  const close = stored
    .flatMap((old) => found.map((fresh) => ({ old, fresh, shared: boxOverlap(old.box, fresh.box) })))
    .filter(({ shared }) => shared >= sameFace)
    .sort((a, b) => b.shared - a.shared);
  const pairs = new Map<Old, New>();
  const taken = new Set<New>();
  for (const { old, fresh } of close) {
    if (pairs.has(old) || taken.has(fresh)) continue;
    pairs.set(old, fresh);
    taken.add(fresh);
  }
  return pairs;
}
