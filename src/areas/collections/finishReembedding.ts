import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';

const pageSize = 1000;

/** Switches a collection to the other model, all faces at one moment. */
export const finishReembedding = defineOwnOperation(
  'FinishReembedding',
  ['reembedder'],
  async ({ faceModelVersion, dropMissing = 0 }, { reembedder }, { signal }) => {
    const missing: string[] = [];
    for (let after: number | undefined; ; ) {
      const page = await reembedder.pending({ limit: pageSize, ...(after !== undefined && { after }) });
      missing.push(...page.faces.map(({ faceId }) => faceId));
      signal.throwIfAborted();
      after = page.cursor;
      if (after === undefined) break;
    }
    if (missing.length !== dropMissing) {
      throw new ServiceError(
        'ResourceNotReadyException',
        `${missing.length} faces have no template of the face model ${faceModelVersion}: send their images, or confirm that ${missing.length} faces are to be deleted (dropMissing). The collection stays as it is.`,
      );
    }
    const { collection } = await reembedder.finish(faceModelVersion, missing);
    return { faceModelVersion: collection.modelVersion, faces: collection.faceCount, droppedFaceIds: missing };
  },
);
