import type { Pyramid } from '../align/raster.ts';
import type { Net } from '../sessions/net.ts';
import { runBlazeface } from './blazeface.ts';
import { areaOf, type FaceCandidate, suppress } from './boxes.ts';
import { yunetConfidence } from './confidence.ts';
import { BLAZEFACE_MIN_SCORE, join } from './find-faces.ts';
import type { FaceFinder } from './finder.ts';
import { type FoundFace, meshFaces } from './mesh-faces.ts';
import { runYunet } from './yunet.ts';

/** The nets that finding faces with the pack `yunet` takes. */
export interface YunetNets {
  readonly yunet: Net;
  readonly blazeface: Net;
  readonly facemesh: Net;
}

const MIN_SCORE = 0.6;
/** Bounds the memory of the pass at native scale, which grows with the pixels of its input. */
const MAX_NET_SIDE = 1920;
/** A pass at native scale loses half of the faces that are 1100 px high; one at 640 finds them all. */
const SMALL_NET_SIDE = 640;
const SAME_FACE = 0.3;
const SAME_FACE_INSIDE = 0.6;

/**
 * Finds up to 200 faces, the largest first: YuNet at native scale and at 640 pixels, and blazeface for heads that are
 * turned further than YuNet was trained for.
 */
async function findAll(nets: YunetNets, image: Pyramid, signal: AbortSignal): Promise<FoundFace[]> {
  const longer = Math.max(image.width, image.height);
  const native = Math.min(1, MAX_NET_SIDE / longer);
  const turned = await runBlazeface(nets.blazeface, image, BLAZEFACE_MIN_SCORE);
  const seen: FaceCandidate[] = [];
  for (const scale of [native, Math.min(native / 2, SMALL_NET_SIDE / longer)]) {
    signal.throwIfAborted();
    seen.push(...(await runYunet(nets.yunet, image, scale, MIN_SCORE)));
  }
  const candidates = join(suppress(seen, SAME_FACE, SAME_FACE_INSIDE), turned);
  return meshFaces(nets.facemesh, image, candidates, yunetConfidence, signal, 'doubtful');
}

/** Sides of the decodings for the largest face; beyond the last one all faces are found. */
const QUICK_SIDES = [640, 1280];
/** Less sure faces are looked for in a larger decoding. */
const QUICK_MIN_SCORE = 0.7;
/** Pixels of the decoding; smaller faces are looked for in a larger one. */
const QUICK_MIN_HEIGHT = 24;
/** Boxes of the detector and of the mesh differ by up to a third in area. */
const RIVAL_AREA = 0.6;

/** The largest face with a score of .7 and a height of 24 pixels; faces nearly as large are measured by their mesh. */
async function findLargest(nets: YunetNets, image: Pyramid, signal: AbortSignal): Promise<FoundFace | undefined> {
  const tall = (await runYunet(nets.yunet, image, 1, MIN_SCORE))
    .filter(({ box, score }) => score >= QUICK_MIN_SCORE && box.y1 - box.y0 >= QUICK_MIN_HEIGHT)
    .sort((a, b) => areaOf(b.box) - areaOf(a.box));
  const [largest] = tall;
  if (largest === undefined) return undefined;
  const rivals = tall.filter(({ box }) => areaOf(box) > areaOf(largest.box) * RIVAL_AREA);
  const [face] = await meshFaces(
    nets.facemesh,
    image,
    rivals.sort((a, b) => b.score - a.score),
    yunetConfidence,
    signal,
    'doubtful',
  );
  return face;
}

/** Finds faces with YuNet and blazeface. */
export function yunetFinder(nets: YunetNets): FaceFinder {
  return {
    quickSides: QUICK_SIDES,
    findAll: (image, signal) => findAll(nets, image, signal),
    findLargest: (image, signal) => findLargest(nets, image, signal),
  };
}
