import type { DocumentChange, DocumentStore } from '../../stores/ports/index.ts';
import type { CandidateEnds } from './case.ts';
import { bareJpeg } from './jpeg.ts';
import { cropBucketBytes, padded, unpadded } from './padding.ts';

/** A kept crop with whom the collection says it shows. */
export interface KeptCrop extends CandidateEnds {
  readonly collectionId: string;
  readonly purpose: string;
  readonly faceId: string;
  /** Base64 JPEG. */
  readonly jpeg: string;
  readonly storedAtMs: number;
}

/** Crops of enrolled faces, so that reviewers can look at a candidate; sealed, one document each. */
export interface CropStore {
  /** @param jpeg its metadata is dropped @throws {RangeError} when it is no JPEG */
  keep(
    collection: { readonly id: string; readonly purpose: string },
    face: CandidateEnds & { readonly faceId: string },
    jpeg: Uint8Array,
  ): Promise<void>;
  /** The JPEG; undefined when none is kept. */
  of(collectionId: string, faceId: string): Promise<Uint8Array | undefined>;
  remove(collectionId: string, faceIds: readonly string[]): Promise<void>;
  /** A few crops of the collection by chance, in an order by chance; all of them where it has no more than a few. */
  someOf(collectionId: string, random: () => number): Promise<readonly KeptCrop[]>;
  removeCollection(collectionId: string): Promise<number>;
}

/** What the ids of enrolled faces' crops begin with; other documents of the kind are pictures of cases. */
export const facePrefix = 'face.';
const pageSize = 200;
const mostDrawn = 16;

/** The id of a face's crop among the documents. */
export function cropId(faceId: string): string {
  return `${facePrefix}${faceId}`;
}

/** Crops in the store of sealed documents. @param clock ms since 1970 */
export function createCropStore(documents: DocumentStore, clock: () => number): CropStore {
  return {
    async keep({ id: collectionId, purpose }, face, jpeg) {
      const { faceId, externalImageId, userId } = face;
      const kept: KeptCrop = {
        collectionId,
        purpose,
        faceId,
        ...(externalImageId !== undefined && { externalImageId }),
        ...(userId !== undefined && { userId }),
        jpeg: Buffer.from(bareJpeg(jpeg)).toString('base64'),
        storedAtMs: clock(),
      };
      await documents.change((change) =>
        change.put('crop', cropId(faceId), padded(kept, cropBucketBytes), { names: { collection: collectionId } }),
      );
    },
    of: (collectionId, faceId) =>
      documents.read((view) => {
        const kept = view.get('crop', cropId(faceId));
        if (kept === undefined) return undefined;
        const crop = unpadded<KeptCrop>(kept.body);
        return crop.collectionId === collectionId ? new Uint8Array(Buffer.from(crop.jpeg, 'base64')) : undefined;
      }),
    async remove(collectionId, faceIds) {
      if (faceIds.length === 0) return;
      await documents.change((change) => {
        for (const faceId of faceIds) {
          const kept = change.get('crop', cropId(faceId));
          if (kept !== undefined && unpadded<KeptCrop>(kept.body).collectionId === collectionId) {
            change.remove('crop', kept.id);
          }
        }
      });
    },
    someOf: (collectionId, random) =>
      documents.read((view) => {
        // Face ids are random, so those after a random id are a fair draw; it goes round at the end.
        const digit = (): string => Math.floor(random() * 16).toString(16);
        const afterId = `${facePrefix}${digit()}${digit()}${digit()}${digit()}`;
        const after = view.named('crop', 'collection', collectionId, { afterId, limit: mostDrawn });
        const round =
          after.length === mostDrawn
            ? []
            : view
                .named('crop', 'collection', collectionId, { limit: mostDrawn - after.length })
                .filter(({ id }) => id <= afterId);
        return [...after, ...round]
          .map(({ body }) => ({ crop: unpadded<KeptCrop>(body), place: random() }))
          .sort((one, other) => one.place - other.place)
          .map(({ crop }) => crop);
      }),
    removeCollection: (collectionId) => documents.change((change) => removeAll(change, collectionId)),
  };
}

function removeAll(change: DocumentChange, collectionId: string): number {
  let removed = 0;
  for (;;) {
    const found = change.named('crop', 'collection', collectionId, { limit: pageSize });
    if (found.length === 0) return removed;
    for (const { id } of found) change.remove('crop', id);
    removed += found.length;
  }
}
