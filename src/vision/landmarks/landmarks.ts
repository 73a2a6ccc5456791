import type { LandmarkName } from '../faces.ts';
import type { PixelPoint } from '../measured-face.ts';
import type { Irises } from './iris.ts';

/** The contour of the eye at the image's left, in the mesh. */
const LEFT_EYE = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246] as const;
/** The contour of the eye at the image's right, in the mesh. */
const RIGHT_EYE = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466] as const;

/** Where each landmark that is one point of the mesh lies; left and right are the image's, chosen by eye on photos. */
const MESH_INDEX: Readonly<Partial<Record<LandmarkName, number>>> = {
  mouthLeft: 61,
  mouthRight: 291,
  nose: 4,
  leftEyeBrowLeft: 70,
  leftEyeBrowRight: 107,
  leftEyeBrowUp: 105,
  rightEyeBrowLeft: 336,
  rightEyeBrowRight: 300,
  rightEyeBrowUp: 334,
  leftEyeLeft: 33,
  leftEyeRight: 133,
  leftEyeUp: 159,
  leftEyeDown: 145,
  rightEyeLeft: 362,
  rightEyeRight: 263,
  rightEyeUp: 386,
  rightEyeDown: 374,
  noseLeft: 64,
  noseRight: 294,
  mouthUp: 0,
  mouthDown: 17,
  upperJawlineLeft: 234,
  midJawlineLeft: 172,
  chinBottom: 152,
  midJawlineRight: 397,
  upperJawlineRight: 454,
};

/** The order of the answer: Rekognition's five, then the others. */
const ORDER: readonly LandmarkName[] = [
  'eyeLeft',
  'eyeRight',
  'mouthLeft',
  'mouthRight',
  'nose',
  'leftEyeBrowLeft',
  'leftEyeBrowRight',
  'leftEyeBrowUp',
  'rightEyeBrowLeft',
  'rightEyeBrowRight',
  'rightEyeBrowUp',
  'leftEyeLeft',
  'leftEyeRight',
  'leftEyeUp',
  'leftEyeDown',
  'rightEyeLeft',
  'rightEyeRight',
  'rightEyeUp',
  'rightEyeDown',
  'noseLeft',
  'noseRight',
  'mouthUp',
  'mouthDown',
  'leftPupil',
  'rightPupil',
  'upperJawlineLeft',
  'midJawlineLeft',
  'chinBottom',
  'midJawlineRight',
  'upperJawlineRight',
];

function meshPoint(mesh: Float32Array, index: number): PixelPoint {
  return { x: mesh[index * 3] as number, y: mesh[index * 3 + 1] as number };
}

function meanPoint(mesh: Float32Array, indices: readonly number[]): PixelPoint {
  let x = 0;
  let y = 0;
  for (const index of indices) {
    x += (mesh[index * 3] as number) / indices.length;
    y += (mesh[index * 3 + 1] as number) / indices.length;
  }
  return { x, y };
}

/**
 * The five points that faceres is aligned by: left eye, right eye, tip of the nose, left and right corner of the mouth,
 * left and right as in the image.
 */
export function fivePoints(mesh: Float32Array): readonly PixelPoint[] {
  return [meanPoint(mesh, LEFT_EYE), meanPoint(mesh, RIGHT_EYE), ...[1, 61, 291].map((i) => meshPoint(mesh, i))];
}

/** The five points that dlib's chip is aligned by, with {@link DLIB_TARGETS}: corners of the eyes and the nose's base. */
export function dlibPoints(mesh: Float32Array): readonly PixelPoint[] {
  return [263, 362, 33, 133, 2].map((i) => meshPoint(mesh, i));
}

/**
 * Reads Rekognition's 30 landmarks off the mesh, in the order of its answer.
 *
 * @param irises gives the pupils; without it they are the centres of the eyes
 * @returns points in image pixels
 */
export function landmarksOf(mesh: Float32Array, irises?: Irises): readonly (PixelPoint & { type: LandmarkName })[] {
  const pupil = (iris: Float32Array | undefined, eye: PixelPoint): PixelPoint =>
    iris === undefined ? eye : { x: iris[0] as number, y: iris[1] as number };
  const eyeLeft = meanPoint(mesh, LEFT_EYE);
  const eyeRight = meanPoint(mesh, RIGHT_EYE);
  return ORDER.map((type) => {
    const index = MESH_INDEX[type];
    if (index !== undefined) return { type, ...meshPoint(mesh, index) };
    if (type === 'eyeLeft') return { type, ...eyeLeft };
    if (type === 'eyeRight') return { type, ...eyeRight };
    return { type, ...(type === 'leftPupil' ? pupil(irises?.left, eyeLeft) : pupil(irises?.right, eyeRight)) };
  });
}
