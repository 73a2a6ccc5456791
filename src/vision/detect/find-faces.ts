import type { Pyramid } from '../align/raster.ts';
import type { Net } from '../sessions/net.ts';
import { runBlazeface } from './blazeface.ts';
import { areaOf, type FaceCandidate, overlap, sharedArea } from './boxes.ts';
import { faceBoxesConfidence } from './confidence.ts';
import { runFaceBoxes, runFaceBoxesWithin } from './faceboxes.ts';
import type { FaceFinder } from './finder.ts';
import { type FoundFace, meshFaces } from './mesh-faces.ts';

/** The nets that finding faces takes. */
export interface DetectorNets {
  readonly faceboxes: Net;
  readonly blazeface: Net;
  readonly facemesh: Net;
}

/** A score of .15 finds 2 more of 100 faces at 24 px and 20 more that are none; .3 loses 4. */
const FACEBOXES_MIN_SCORE = 0.2;
/** Below, blazeface sees faces in cars, dogs and fruit. */
export const BLAZEFACE_MIN_SCORE = 0.5;

/**
 * What only blazeface saw is believed when it is turned so far that FaceBoxes may have missed it, or when the score is
 * high: between two heads of a group it has seen a third one at .59.
 */
const ALONE_MIN_ROLL = 0.6;
const ALONE_MIN_SCORE = 0.75;

/** Enlarging helps small faces (24 px: 96 of 100 found instead of 55) and costs 2.25 times the time. */
const FINE_SCALE = 1.5;
/** The half scale must still have this longer side: below, FaceBoxes misses half-hidden heads behind the large face. */
const MIN_COARSE_SIDE = 640;
/** Bounds the memory of one pass: at most 2944 x 2944 net pixels, for which a process of 115 MB grows to 292 MB. */
const MAX_NET_SIDE = 2880;
/** What is narrower than this on the coarse pass, in its pixels, hints at small faces. */
const SMALL_FACE = 48;
/**
 * What sends each effort to the fine scale: a small box of at least `small`, or a box of at least `doubtful` that
 * facemesh does not confirm. With .4 and .5 `brisk` spares 7 of 58 fine
 * looks on 131 photos.
 */
const EFFORT_SCORES: Readonly<Record<DetectionEffort, { readonly small: number; readonly doubtful: number }>> = {
  thorough: { small: 0, doubtful: 0.3 },
  brisk: { small: 0.4, doubtful: 0.5 },
};
/** The square around a doubtful box that is looked at again, in sides of the box. */
const CLOSE_LOOK = 2;

/** Radians above which a roll that blazeface saw is better than none for the first mesh pass. */
const TURNED = 0.35;

/**
 * How hard to look. Both look at half the fine scale first and are done when that saw nothing small, and facemesh
 * confirmed all of it. Where something is doubtful, `thorough` looks at the whole image at the fine scale, `brisk` only
 * around the doubtful boxes. On 134 photos with 553 faces, crowds among them, `thorough` lost none in 0.82 of the
 * processor time that the fine scale alone takes; `brisk` lost two, one of them a profile, in 0.7 of it. On photos of a few large
 * faces both take 0.3 to 0.5.
 */
export type DetectionEffort = 'thorough' | 'brisk';

/**
 * Finds up to 200 faces, the largest first. Only when there is none, large heads that are upside down are
 * looked for; of 30 such photos 6 come out right, in the others the head is taken for an upright one.
 *
 * @throws {DOMException} AbortError when the signal fires between two runs
 */
export async function findAllFaces(
  nets: DetectorNets,
  image: Pyramid,
  signal: AbortSignal,
  effort: DetectionEffort = 'thorough',
): Promise<FoundFace[]> {
  const turned = await runBlazeface(nets.blazeface, image, BLAZEFACE_MIN_SCORE);
  signal.throwIfAborted();
  const clear = await findClearFaces(nets, image, turned, effort, signal);
  if (clear !== undefined) return clear;
  const boxes = await runFaceBoxes(nets.faceboxes, image, fineScaleOf(image), FACEBOXES_MIN_SCORE);
  const faces = await meshFaces(nets.facemesh, image, join(boxes, turned), faceBoxesConfidence, signal);
  if (faces.length > 0) return faces;
  signal.throwIfAborted();
  const upsideDown = await runBlazeface(nets.blazeface, image, BLAZEFACE_MIN_SCORE, true);
  return meshFaces(nets.facemesh, image, upsideDown, faceBoxesConfidence, signal);
}

/** Input pixels of FaceBoxes per image pixel. */
function fineScaleOf(image: Pyramid): number {
  return Math.min(FINE_SCALE, MAX_NET_SIDE / Math.max(image.width, image.height));
}

/** The faces of an image at half the fine scale, or undefined where that is not enough, see {@link DetectionEffort}. */
async function findClearFaces(
  nets: DetectorNets,
  image: Pyramid,
  turned: readonly FaceCandidate[],
  effort: DetectionEffort,
  signal: AbortSignal,
): Promise<FoundFace[] | undefined> {
  const fine = fineScaleOf(image);
  const coarse = fine / 2;
  if (Math.max(image.width, image.height) * coarse < MIN_COARSE_SIDE) return undefined;
  const seen = await runFaceBoxes(nets.faceboxes, image, coarse, FACEBOXES_MIN_SCORE);
  signal.throwIfAborted();
  const limit = EFFORT_SCORES[effort];
  const isSmall = ({ box, score }: FaceCandidate) => (box.x1 - box.x0) * coarse < SMALL_FACE && score >= limit.small;
  if (seen.length === 0 || seen.some(isSmall)) return undefined;
  const candidates = join(seen, turned);
  const faces = await meshFaces(nets.facemesh, image, candidates, faceBoxesConfidence, signal);
  const doubtful = candidates.filter(
    (candidate) => candidate.score >= limit.doubtful && !isExplained(candidate, faces),
  );
  if (doubtful.length === 0) return faces.length > 0 ? faces : undefined;
  if (effort === 'thorough') return undefined;
  const nearer = [...seen];
  for (const { box } of doubtful) {
    signal.throwIfAborted();
    const side = CLOSE_LOOK * Math.max(box.x1 - box.x0, box.y1 - box.y0);
    const square = { x: (box.x0 + box.x1 - side) / 2, y: (box.y0 + box.y1 - side) / 2, side };
    nearer.push(...(await runFaceBoxesWithin(nets.faceboxes, image, square, fine, FACEBOXES_MIN_SCORE)));
  }
  const confirmed = await meshFaces(nets.facemesh, image, join(nearer, turned), faceBoxesConfidence, signal);
  return confirmed.length > 0 ? confirmed : undefined;
}

/** Whether a found face is where the box is, or holds or lies in most of it. */
function isExplained({ box }: FaceCandidate, faces: readonly FoundFace[]): boolean {
  return faces.some(
    (face) => overlap(face.box, box) > 0.2 || sharedArea(face.box, box) > 0.5 * Math.min(areaOf(face.box), areaOf(box)),
  );
}

/** Longer side of FaceBoxes' input for the quick look; 19 ms. */
const QUICK_NET_SIDE = 640;
/** Of the photo's longer side: a smaller face may have larger ones beside it that the quick look missed. */
const QUICK_MIN_HEIGHT = 0.05;
/** Less sure faces are looked for thoroughly. */
const QUICK_MIN_SCORE = 0.5;
/** Boxes of the detectors and of the mesh differ by up to a third in area. */
const RIVAL_AREA = 0.6;

/**
 * Finds the largest face with one quick look, or tells by undefined that it can't be sure.
 *
 * Sure is a score of .5, a mesh flag of .9 and a height of a twentieth of the longer side, with nothing about as large that
 * a detector is as sure of and facemesh does not confirm. Faces nearly as large are measured by their mesh too, as the
 * thorough way does. Of 288 photos, half of them smaller than 800 pixels, 243 are answered so, 4 of them with another
 * face than the thorough way gives, where the sizes differ by at most 20 % or the thorough way sees none; without the
 * last of the conditions it is 6 of 247.
 */
export async function findLargestQuickly(
  nets: DetectorNets,
  image: Pyramid,
  signal: AbortSignal,
): Promise<FoundFace | undefined> {
  const longer = Math.max(image.width, image.height);
  const scale = Math.min(FINE_SCALE, QUICK_NET_SIDE / longer);
  // Side by side: one net runs while the other's input is made.
  const [turned, upright] = await Promise.all([
    runBlazeface(nets.blazeface, image, BLAZEFACE_MIN_SCORE),
    runFaceBoxes(nets.faceboxes, image, scale, FACEBOXES_MIN_SCORE),
  ]);
  signal.throwIfAborted();
  const tall = join(upright, turned)
    .filter(({ box }) => box.y1 - box.y0 >= longer * QUICK_MIN_HEIGHT)
    .sort((a, b) => areaOf(b.box) - areaOf(a.box));
  const sure = tall.find(({ score }) => score >= QUICK_MIN_SCORE);
  if (sure === undefined) return undefined;
  const rivals = tall.filter(({ box }) => areaOf(box) > areaOf(sure.box) * RIVAL_AREA);
  const faces = await meshFaces(
    nets.facemesh,
    image,
    rivals.sort((a, b) => b.score - a.score),
    faceBoxesConfidence,
    signal,
  );
  const doubtful = rivals.some((rival) => rival.score >= QUICK_MIN_SCORE && !isExplained(rival, faces));
  const largest = faces[0];
  return largest !== undefined && largest.score >= QUICK_MIN_SCORE && !doubtful ? largest : undefined;
}

/**
 * Longest side for the quick look: JPEGs shrink to it while they are decoded. libjpeg gives a half, a quarter or an
 * eighth of the size, and sharp asks it for a quarter only where a fifth or less is wanted: of 12 megapixels 800 pixels
 * take 39 ms, 1000 take 50 and all of them 69.
 */
const QUICK_SIDES = [800];

/** Finds faces with FaceBoxes and blazeface. */
export function faceBoxesFinder(nets: DetectorNets, effort: DetectionEffort): FaceFinder {
  return {
    quickSides: QUICK_SIDES,
    findAll: (image, signal) => findAllFaces(nets, image, signal, effort),
    findLargest: (image, signal) => findLargestQuickly(nets, image, signal),
  };
}

/** A detector's candidates, with blazeface's roll where both saw a head that is turned, and what only blazeface saw. */
export function join(upright: readonly FaceCandidate[], turned: readonly FaceCandidate[]): FaceCandidate[] {
  const alone = new Set(turned);
  const joined = upright.map((candidate) => {
    const twin = turned.find(({ box }) => overlap(box, candidate.box) > 0.3);
    if (twin === undefined) return candidate;
    alone.delete(twin);
    const score = Math.max(candidate.score, twin.score);
    return twin.roll !== undefined && Math.abs(twin.roll) > TURNED
      ? { ...candidate, score, roll: twin.roll }
      : { ...candidate, score };
  });
  const believed = [...alone].filter(
    ({ score, roll }) => score >= ALONE_MIN_SCORE || Math.abs(roll ?? 0) > ALONE_MIN_ROLL,
  );
  return [...joined, ...believed].sort((a, b) => b.score - a.score);
}
