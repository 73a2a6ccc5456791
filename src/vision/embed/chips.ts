import { fitSimilarity, type Similarity } from '../align/similarity.ts';
import { type PixelFormat, PLAIN_RGB } from '../align/warp.ts';
import { dlibPoints, fivePoints } from '../landmarks/landmarks.ts';
import type { PixelPoint } from '../measured-face.ts';

/** What a net is fed with for one face. */
export interface ChipSpec {
  /** Side in pixels; chips are square. */
  readonly side: number;
  readonly format: PixelFormat;
  /** Maps image pixels onto the chip, for a mesh `[468, 3]`. */
  readonly align: (mesh: Float32Array) => Similarity;
}

const DLIB_SIDE = 150;
const DLIB_PADDING = 0.25;

/** Outer and inner corner of the right eye, of the left eye, base of the nose: the five points of dlib's mean face, in its unit square. */
const DLIB_MEAN_FACE: readonly PixelPoint[] = [
  { x: 0.8595674595992, y: 0.2134981538014 },
  { x: 0.6460604764104, y: 0.2289674387677 },
  { x: 0.1205750620789, y: 0.2137274526848 },
  { x: 0.3340850613712, y: 0.2290642403242 },
  { x: 0.4901123135679, y: 0.6277975316475 },
];

const DLIB_TARGETS = DLIB_MEAN_FACE.map(({ x, y }) => ({
  x: ((DLIB_PADDING + x) / (2 * DLIB_PADDING + 1)) * DLIB_SIDE,
  y: ((DLIB_PADDING + y) / (2 * DLIB_PADDING + 1)) * DLIB_SIDE,
}));

/**
 * dlib's 5-point chip: `[N, 150, 150, 3]` RGB 0..255, black beyond the image; the net normalises inside.
 *
 * @source davisking/dlib, get_face_chip_details of the 5-point shape predictor
 */
export const DLIB_CHIP: ChipSpec = {
  side: DLIB_SIDE,
  format: PLAIN_RGB,
  align: (mesh) => fitSimilarity(dlibPoints(mesh), DLIB_TARGETS),
};

const FACERES_SIDE = 224;
/** Measured: .9 serves the recipe best; reference/models.md, embedding. */
const FACERES_SCALE = 0.9;

/** ArcFace's five points in a chip of 112 pixels. */
const ARCFACE_TEMPLATE: readonly PixelPoint[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];

/**
 * SFace's chip: `[N, 112, 112, 3]` RGB 0..255, ArcFace's template as it is, black beyond the image.
 *
 * @source opencv/opencv, modules/objdetect/src/face_recognize.cpp (alignCrop; feature swaps OpenCV's BGR to RGB)
 */
export const SFACE_CHIP: ChipSpec = {
  side: 112,
  format: PLAIN_RGB,
  align: (mesh) => fitSimilarity(fivePoints(mesh), ARCFACE_TEMPLATE),
};

const FACERES_TARGETS = ARCFACE_TEMPLATE.map(({ x, y }) => ({
  x: FACERES_SIDE / 2 + ((x - 56) * FACERES_SCALE * FACERES_SIDE) / 112,
  y: FACERES_SIDE / 2 + ((y - 56) * FACERES_SCALE * FACERES_SIDE) / 112,
}));

/**
 * faceres' chip, aligned by ArcFace's template at scale .9: `[N, 224, 224, 3]` BGR minus the mean of VGGFace; black
 * beyond the image.
 *
 * @source J. Deng et al., "ArcFace", 2019 (template); HSE_FaceRec_tf (mean)
 */
export const FACERES_CHIP: ChipSpec = {
  side: FACERES_SIDE,
  format: { order: 'bgr', mean: [103.939, 116.779, 123.68], scale: 1, outside: 0 },
  align: (mesh) => fitSimilarity(fivePoints(mesh), FACERES_TARGETS),
};
