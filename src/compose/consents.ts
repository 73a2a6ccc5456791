import type { SubjectLikeness } from '../governance/index.ts';
import type { CollectionRecord, CollectionStore } from '../stores/ports/index.ts';
import type { FaceModels } from '../vision/index.ts';

/** Collections read at a time. */
const pageSize = 200;

/**
 * Compares faces with a subject's over every collection that has the purpose and the face model of the granted one:
 * one consent is one person's, in whichever of them it is enrolled.
 */
export function subjectLikeness(
  parts: { readonly collections: CollectionStore; readonly faceModels: FaceModels },
  granted: CollectionRecord,
): SubjectLikeness {
  const { collections, faceModels } = parts;

  async function alike(): Promise<readonly CollectionRecord[]> {
    const found: CollectionRecord[] = [];
    for (let afterId: string | undefined = ''; afterId !== undefined; ) {
      const page: readonly CollectionRecord[] = await collections.listCollections({ afterId, limit: pageSize });
      found.push(
        ...page.filter(
          ({ purpose, modelVersion }) => purpose === granted.purpose && modelVersion === granted.modelVersion,
        ),
      );
      afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
    }
    return found;
  }

  return {
    async ofTemplate(subject, template) {
      let best: number | undefined;
      for (const { id } of await alike()) {
        const score = await collections.scoreAgainstSubject(id, subject, template);
        if (score !== undefined && (best === undefined || score > best)) best = score;
      }
      return best === undefined ? undefined : faceModels.calibration(granted.modelVersion).similarityOf(best);
    },
    async ofFaces(faceId, otherFaceId) {
      const [one, other] = await Promise.all([
        collections.faceTemplate(granted.id, faceId),
        collections.faceTemplate(granted.id, otherFaceId),
      ]);
      if (one === undefined || other === undefined) return undefined;
      let score = 0;
      for (let i = 0; i < one.length; i += 1) score += (one[i] as number) * (other[i] as number);
      return faceModels.calibration(granted.modelVersion).similarityOf(score);
    },
  };
}
