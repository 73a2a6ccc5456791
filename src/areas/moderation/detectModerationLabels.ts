import { limits, type RequestOf, ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { toldLabels } from './told-labels.ts';

/** Says whether an image shows what people may not want to see: labels of Rekognition's taxonomy with those above them. */
export const detectModerationLabels = defineOperation(
  'DetectModerationLabels',
  ['images', 'moderationDetector'],
  async (request, { images, moderationDetector }, { signal }) => {
    refuseWhatIsNotHere(request);
    const image = await images.read(request.Image, signal, limits.images.moderation);
    const found = await moderationDetector.moderate(image, signal);
    const least = request.MinConfidence ?? limits.defaultModerationConfidence;
    return {
      ModerationLabels: toldLabels(found.labels, least),
      ModerationModelVersion: found.modelVersion,
      ContentTypes: found.contentTypes
        .filter(({ confidence }) => confidence >= least)
        .map(({ name, confidence }) => ({ Name: name, Confidence: confidence })),
    };
  },
);

/** No adapter can have been trained here, and there is no Amazon A2I to hand images to. */
function refuseWhatIsNotHere({ ProjectVersion, HumanLoopConfig }: RequestOf<'DetectModerationLabels'>): void {
  if (ProjectVersion !== undefined) {
    throw new ServiceError('ResourceNotFoundException', `The project version: ${ProjectVersion} does not exist`);
  }
  if (HumanLoopConfig !== undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      'Request has invalid parameters: HumanLoopConfig. This server has no Amazon A2I; send the request without it.',
    );
  }
}
