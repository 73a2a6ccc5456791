import { decodeImage, defaultImageLimits } from '../../src/media/index.ts';
import { type Pyramid, pyramidOf } from '../../src/vision/align/raster.ts';
import { type DetectorNets, findAllFaces, findLargestQuickly } from '../../src/vision/detect/find-faces.ts';
import type { FoundFace } from '../../src/vision/detect/mesh-faces.ts';
import { dlibFeatures, faceresOutputs } from '../../src/vision/embed/features.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import type { RawFeatures } from '../../src/vision/recipe/template.ts';
import { openNet } from '../../src/vision/sessions/net.ts';

/** Reads the raw features of the person an LFW image is about. */
export interface SubjectReader {
  /** @returns undefined when no face was found */
  read(bytes: Uint8Array): Promise<Required<RawFeatures> | undefined>;
  close(): Promise<void>;
}

/**
 * Opens the shipped pipeline's nets and steps, with one difference to its search for the largest face: LFW is about the
 * face in the middle of the image, and in one of a hundred images somebody else's is larger. Where the quick look finds
 * a face that does not lie about the middle, all faces are found and the one nearest to the middle is read.
 *
 * @throws what loading a model throws
 */
export async function openSubjectReader(modelsDir: string): Promise<SubjectReader> {
  const models = openModelStore({ modelsDir });
  const open = async (id: string) => openNet((await models.load(id)).bytes);
  const detectors: DetectorNets = {
    faceboxes: await open('faceboxes'),
    blazeface: await open('blazeface-back'),
    facemesh: await open('facemesh'),
  };
  const dlib = await open('dlib-recognition');
  const faceres = await open('faceres');
  const { signal } = new AbortController();
  return {
    async read(bytes) {
      const image = pyramidOf(await decodeImage(bytes, { limits: defaultImageLimits }));
      const face = await findSubject(detectors, image, signal);
      if (!face) return undefined;
      const [first] = await dlibFeatures(dlib, image, [face.mesh], signal);
      const [second] = await faceresOutputs(faceres, image, [face.mesh], signal);
      return first && second && { dlib: first, faceres: second.feature };
    },
    async close() {
      await Promise.all([...Object.values(detectors), dlib, faceres].map((net) => net.close()));
    },
  };
}

async function findSubject(nets: DetectorNets, image: Pyramid, signal: AbortSignal): Promise<FoundFace | undefined> {
  const largest = await findLargestQuickly(nets, image, signal);
  const middle = { x: image.width / 2, y: image.height / 2 };
  const distance = ({ box }: FoundFace): number =>
    Math.hypot((box.x0 + box.x1) / 2 - middle.x, (box.y0 + box.y1) / 2 - middle.y);
  // The subject's box lies about the middle; a neighbour's may touch it, with its own centre half a face away.
  if (largest && distance(largest) < (largest.box.x1 - largest.box.x0) / 4) return largest;
  const faces = await findAllFaces(nets, image, signal);
  return faces.toSorted((a, b) => distance(a) - distance(b))[0];
}
