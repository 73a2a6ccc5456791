import { type OwnRequestOf, ServiceError } from '../../contract/index.ts';
import { type Capabilities, defineOwnOperation } from '../../governance/index.ts';
import { readLabelTable } from '../../shared/label-table.ts';
import { type Judged, judgeCandidates, requireBounds } from './candidates.ts';
import { openConcept } from './concept.ts';
import { type FoundImage, requestedImage } from './named-image.ts';

const table = readLabelTable();

/** What candidates are judged by: 0..100, undefined where nothing is held for a digest. */
interface Yardstick {
  readonly version: string;
  judge(found: FoundImage): Promise<number | undefined>;
}

/** Ranks images by how much they look like another one, or how surely they show a label. */
export const rankSimilarImages = defineOwnOperation(
  'RankSimilarImages',
  ['images', 'visualSimilarity', 'labelDetector', 'labelCatalog', 'imageMemory', 'errorTerms'],
  async (request, granted, { signal }) => {
    requireBounds(request.candidates);
    const { like, concept } = request;
    if ((like === undefined) === (concept === undefined)) {
      throw new ServiceError(
        'InvalidParameterException',
        'Request has invalid parameters: exactly one of like and concept.',
      );
    }
    const { version, judge } =
      like !== undefined ? await byLooks(like, granted, signal) : await byConcept(concept ?? '', granted, signal);
    const judged = await judgeCandidates(request.candidates, granted, signal, judge);
    return { version, ...answerOf(judged, request.minSimilarity ?? 0) };
  },
);

async function byLooks(
  named: NonNullable<OwnRequestOf<'RankSimilarImages'>['like']>,
  { images, visualSimilarity }: Pick<Capabilities, 'images' | 'visualSimilarity'>,
  signal: AbortSignal,
): Promise<Yardstick> {
  const featureOf = async ({ image, sha256 }: FoundImage) =>
    image ? visualSimilarity.look(image, sha256, signal) : visualSimilarity.recall(sha256);
  const query = await requestedImage(named, images, signal);
  const like = await featureOf(query);
  if (like === undefined) {
    throw new ServiceError(
      'ResourceNotFoundException',
      `The image of like with the digest ${query.sha256} is not held (any more): send the image.`,
    );
  }
  return {
    version: visualSimilarity.version,
    async judge(found) {
      const feature = await featureOf(found);
      return feature && visualSimilarity.similarity(like, feature);
    },
  };
}

async function byConcept(
  concept: string,
  granted: Pick<Capabilities, 'labelCatalog' | 'labelDetector' | 'imageMemory'>,
  signal: AbortSignal,
): Promise<Yardstick> {
  const { version, sureness } = openConcept(concept, table, await granted.labelCatalog.coverage(), granted);
  return { version, judge: ({ image, sha256 }) => sureness(image, sha256, signal) };
}

function answerOf(judged: readonly Judged[], minSimilarity: number) {
  return {
    ranking: judged
      .flatMap((one) => (one.kind === 'similar' && one.similarity >= minSimilarity ? [one] : []))
      .sort((a, b) => b.similarity - a.similarity || a.candidate - b.candidate)
      .map(({ candidate, sha256, similarity }) => ({ candidate, sha256, similarity })),
    notHeld: judged.flatMap((one) => (one.kind === 'not-held' ? [one.candidate] : [])),
    failed: judged.flatMap((one) =>
      one.kind === 'failed' ? [{ candidate: one.candidate, code: one.error.code, message: one.error.message }] : [],
    ),
  };
}
