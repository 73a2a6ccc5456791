import { limits } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { askedAttributes, faceDetail } from './face-detail.ts';

/** Finds up to the 100 largest faces of an image, largest first. */
export const detectFaces = defineOperation(
  'DetectFaces',
  ['images', 'faceDetector'],
  async (request, { images, faceDetector }, { signal }) => {
    const image = await images.read(request.Image, signal);
    const asked = askedAttributes(request.Attributes);
    const found = await faceDetector.detect(
      image,
      { maxFaces: limits.facesPerImage, attributes: asked.attributes },
      signal,
    );
    return { FaceDetails: found.faces.map((face) => faceDetail(face, asked)) };
  },
);
