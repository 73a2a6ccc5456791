import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';

const mostFaces = 1000;

/** Lists the faces that have no template of the other model yet. */
export const listPendingReembedding = defineOwnOperation(
  'ListPendingReembedding',
  ['reembedder'],
  async ({ after, limit = mostFaces }, { reembedder }) => {
    const position = after === undefined ? undefined : Number(after);
    if (position !== undefined && !Number.isSafeInteger(position)) {
      throw new ServiceError('InvalidParameterException', '`after` is not what a page gave as `next`.');
    }
    const page = await reembedder.pending({ limit, ...(position !== undefined && { after: position }) });
    return {
      faces: page.faces.map(({ faceId, imageId, externalImageId }) => ({
        faceId,
        imageId,
        ...(externalImageId !== undefined && { externalImageId }),
      })),
      ...(page.cursor !== undefined && { next: String(page.cursor) }),
    };
  },
);
