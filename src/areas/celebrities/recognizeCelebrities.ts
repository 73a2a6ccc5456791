import type { Celebrity, ComparedFace } from '@aws-sdk/client-rekognition';
import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import type { FaceAttribute } from '../../vision/index.ts';
import { comparedFaceWithExpression } from '../faces/index.ts';

/** Told of every face where the purpose allows; AWS tells no more here. */
const expression: ReadonlySet<FaceAttribute> = new Set(['emotions', 'smile']);

/**
 * Recognises the public figures of the configured gallery among the 64 largest faces of an image. Without a gallery
 * faces are found and nobody is recognised; no template is computed then.
 */
export const recognizeCelebrities = defineOperation(
  'RecognizeCelebrities',
  ['images', 'faceDetector', 'faceEmbedder', 'celebritySearch'],
  async (request, { images, faceDetector, faceEmbedder, celebritySearch }, { signal }) => {
    const image = await images.read(request.Image, signal);
    const { gallery } = celebritySearch;
    const maxFaces = limits.celebrityFacesPerImage;
    if (gallery === undefined) {
      const { faces } = await faceDetector.detect(image, { maxFaces, attributes: expression }, signal);
      return { CelebrityFaces: [], UnrecognizedFaces: faces.map(comparedFaceWithExpression) };
    }
    const found = await faceEmbedder.embed(
      image,
      {
        modelVersion: gallery.modelVersion,
        find: 'all',
        maxFaces,
        keep: 'largest',
        qualityFilter: 'NONE',
        attributes: expression,
      },
      signal,
    );
    const CelebrityFaces: Celebrity[] = [];
    const UnrecognizedFaces: ComparedFace[] = [];
    for (const face of found.accepted) {
      const Face = comparedFaceWithExpression(face);
      const recognized = await gallery.recognize(face.template, signal);
      if (recognized === undefined) {
        UnrecognizedFaces.push(Face);
        continue;
      }
      const { celebrityId, name, urls, knownGender } = recognized.celebrity;
      CelebrityFaces.push({
        Urls: [...urls],
        Name: name,
        Id: celebrityId,
        Face,
        MatchConfidence: recognized.similarity,
        ...(knownGender !== undefined && { KnownGender: { Type: knownGender } }),
      });
    }
    // Those beyond the 64 largest are told of nowhere, as by AWS; one that could not be embedded is a face all the same.
    const unreadable = found.rejected.filter(({ reasons }) => !reasons.includes('EXCEEDS_MAX_FACES'));
    return { CelebrityFaces, UnrecognizedFaces: [...UnrecognizedFaces, ...unreadable.map(comparedFaceWithExpression)] };
  },
);
