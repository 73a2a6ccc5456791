import { limits, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { boundingBox, comparedFace } from './face-detail.ts';

const nothingAsked = new Set<never>();

/** Compares the largest face of the source image with up to 100 faces of the target image. */
export const compareFaces = defineOperation(
  'CompareFaces',
  ['images', 'faceEmbedder', 'faceMatcher'],
  async (request, { images, faceEmbedder, faceMatcher }, { signal }) => {
    const [sourceImage, targetImage] = await Promise.all([
      images.read(request.SourceImage, signal),
      images.read(request.TargetImage, signal),
    ]);
    const common = {
      modelVersion: faceMatcher.modelVersion,
      keep: 'largest',
      qualityFilter: request.QualityFilter ?? 'NONE',
      attributes: nothingAsked,
    } as const;
    const [source, target] = await Promise.all([
      faceEmbedder.embed(sourceImage, { ...common, find: 'largest', maxFaces: 1 }, signal),
      faceEmbedder.embed(targetImage, { ...common, find: 'all', maxFaces: limits.facesPerImage }, signal),
    ]);
    const [sourceFace] = source.accepted;
    if (sourceFace === undefined || target.accepted.length === 0) {
      throw new ServiceError('InvalidParameterException', 'Request has invalid parameters');
    }
    const similarities = await faceMatcher.match(
      sourceFace.template,
      target.accepted.map((face) => face.template),
      request.SimilarityThreshold ?? limits.defaultMatchThreshold,
      signal,
    );
    const matches = target.accepted
      .map((face, index) => ({ face, similarity: similarities[index] }))
      .filter((match): match is typeof match & { similarity: number } => match.similarity !== undefined)
      .sort((a, b) => b.similarity - a.similarity);
    return {
      SourceImageFace: { BoundingBox: boundingBox(sourceFace.box), Confidence: sourceFace.confidence },
      FaceMatches: matches.map(({ face, similarity }) => ({ Similarity: similarity, Face: comparedFace(face) })),
      UnmatchedFaces: target.accepted.filter((_, index) => similarities[index] === undefined).map(comparedFace),
    };
  },
);
