import type { Pyramid } from '../align/raster.ts';
import {
  boxOfMesh,
  type FaceRegion,
  type MeshReading,
  regionOfBox,
  regionOfMesh,
  runFacemesh,
} from '../landmarks/facemesh.ts';
import type { PixelBox } from '../measured-face.ts';
import type { Net } from '../sessions/net.ts';
import { areaOf, type FaceCandidate, sharedArea, suppress } from './boxes.ts';
import type { ConfidenceOf } from './confidence.ts';

/** A face with its mesh, in pixels of the image it was found in. */
export interface FoundFace {
  /** The mesh's box: forehead to chin. */
  readonly box: PixelBox;
  /** 0..1, the detector's. */
  readonly score: number;
  /** 0..1, facemesh's. */
  readonly flag: number;
  /** 0..100: what both say together. */
  readonly confidence: number;
  /** `[468, 3]` */
  readonly mesh: Float32Array;
}

/**
 * Faces that are measured at most. More than the 100 that a caller is given: those are the largest of all, and who is
 * largest is known only after the second mesh pass.
 */
const MAX_FACES = 200;

/** What the first mesh pass must say for a second look: turned heads rise from .03 to 1 when they are looked at upright. */
const MIN_FIRST_FLAG = 0.02;
/** What one of both passes must say: of 294 true faces at 24 to 40 px none had less than .99, of what is none the best had .8. */
const MIN_FLAG = 0.9;

/** Boxes of one run of facemesh; it gains nothing from batches (4.2 ms each alone, 3.8 by 4, 4.0 by 16), and small ones keep memory flat. */
const MESHES_PER_RUN = 4;

/**
 * Follows a face into another decoding of the same photo, or of a part of it: one mesh pass there.
 *
 * @param there.scale pixels of `image` per pixel of where the face was found
 * @param there.x pixels of the photo left of `image`, as large as its own
 */
export async function followFace(
  net: Net,
  image: Pyramid,
  face: FoundFace,
  there: { readonly scale: number; readonly x: number; readonly y: number },
  signal: AbortSignal,
): Promise<FoundFace> {
  const region = regionOfMesh(face.mesh);
  const { scale } = there;
  const shift = (scale - 1) / 2;
  const followed: FaceRegion = {
    x: region.x * scale + shift - there.x,
    y: region.y * scale + shift - there.y,
    side: region.side * scale,
    roll: region.roll,
  };
  const [reading] = await runFacemesh(net, image, [followed], 1, signal);
  return reading === undefined ? face : { ...face, box: boxOfMesh(reading.points), mesh: reading.points };
}

function faceOf(score: number, { points, flag }: MeshReading, confidenceOf: ConfidenceOf): FoundFace {
  return { box: boxOfMesh(points), score, flag, confidence: confidenceOf(score, flag), mesh: points };
}

/**
 * Measures candidates by facemesh: the first pass tells faces from the rest and where they are turned, the second
 * measures.
 *
 * @param confidenceOf of the detector that made the candidates
 * @param secondPass `doubtful` spares it those of whom the first was sure. That is for detectors that tell where the
 * eyes are: the second pass then moves the points by 0.8 % of the face's height (median) and gains nothing in telling
 * people apart (499 of 500 pairs of LFW right with either)
 * @returns the largest first
 */
export async function meshFaces(
  net: Net,
  image: Pyramid,
  candidates: readonly FaceCandidate[],
  confidenceOf: ConfidenceOf,
  signal: AbortSignal,
  secondPass: 'all' | 'doubtful' = 'all',
): Promise<FoundFace[]> {
  const regions = candidates.map(({ box, roll }) => regionOfBox(box, roll));
  const first = await runFacemesh(net, image, regions, MESHES_PER_RUN, signal);
  const faces = first.flatMap((reading, i) => {
    const score = candidates[i]?.score ?? 0;
    return reading.flag >= MIN_FIRST_FLAG ? [faceOf(score, reading, confidenceOf)] : [];
  });
  const kept = suppress(faces, SAME_FACE, SAME_FACE_INSIDE).slice(0, MAX_FACES);
  const again = kept.filter(({ flag }) => secondPass === 'all' || flag < MIN_FLAG);
  const second = await runFacemesh(
    net,
    image,
    again.map(({ mesh }) => regionOfMesh(mesh)),
    MESHES_PER_RUN,
    signal,
  );
  const readings = new Map(again.map((face, i) => [face, second[i]]));
  const measured = kept.flatMap((face) => {
    const reading = readings.get(face);
    const flag = Math.max(reading?.flag ?? 0, face.flag);
    if (flag < MIN_FLAG) return [];
    return reading === undefined ? [face] : [faceOf(face.score, { points: reading.points, flag }, confidenceOf)];
  });
  return dropTwins(measured).sort((a, b) => areaOf(b.box) - areaOf(a.box));
}

const SAME_FACE = 0.4;
const SAME_FACE_INSIDE = 0.6;
/** A weak box that shares this much with a better face is a part of that one. */
const PART_OF_FACE = 0.1;
const WEAK_SCORE = 0.5;

/**
 * Drops what the second pass pulled onto a better face, and weak boxes that hold a part of one: facemesh calls the
 * corner of a face a face.
 *
 * @param faces best first
 */
function dropTwins(faces: readonly FoundFace[]): FoundFace[] {
  return faces.filter((face, i) => {
    const share = face.score < WEAK_SCORE ? PART_OF_FACE : SAME_FACE_INSIDE;
    return !faces
      .slice(0, i)
      .some((better) => sharedArea(face.box, better.box) > share * Math.min(areaOf(face.box), areaOf(better.box)));
  });
}
