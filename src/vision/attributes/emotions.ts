import type { Similarity } from '../align/similarity.ts';
import { cutChip, mirrorChip, type PixelFormat, PLAIN_RGB } from '../align/warp.ts';
import { FACERES_CHIP } from '../embed/chips.ts';
import type { EmotionName, FaceAttributes } from '../faces.ts';
import type { MeasuredPhoto } from '../measured-face.ts';
import { type Net, outputOf } from '../sessions/net.ts';

/** The order in which the two nets give their probabilities. */
const EXPRESSION_ORDER: readonly EmotionName[] = ['CALM', 'HAPPY', 'SAD', 'ANGRY', 'FEAR', 'DISGUSTED', 'SURPRISED'];
const EMOTION_ORDER: readonly EmotionName[] = ['ANGRY', 'DISGUSTED', 'FEAR', 'HAPPY', 'SAD', 'SURPRISED', 'CALM'];
const NAMES = EXPRESSION_ORDER.length;

/** Probabilities 0..1 by emotion, summing to 1. */
export type EmotionScores = Readonly<Record<EmotionName, number>>;

/** The nets that emotions take. */
export interface EmotionNets {
  readonly expression: Net;
  readonly emotion: Net;
}

/** Chip and mirror image of a face make the batch. Larger ones cost more: ms per face of face-expression 3.5 by 1 face, 3.4 by 4, 5.2 by 8; of emotion 3.1, 6.6, 6.0. */
const FACES_PER_RUN = 1;

/** How a net's chip lies in faceres' chip: enlarged by this factor about its centre, and moved down by so many of its own pixels. */
interface ChipFrame {
  readonly side: number;
  /** Scale of ArcFace's template in the chip; faceres has .9 at 224 pixels. */
  readonly scale: number;
  readonly down: number;
}

/** Chosen by eye on data/faces: the nets were trained on loose and on tight crops. */
const EXPRESSION_CHIP: ChipFrame = { side: 112, scale: 0.85, down: -1.7 };
const EMOTION_CHIP: ChipFrame = { side: 64, scale: 1, down: 0 };
const FACERES_SCALE = 0.9;

const LUMA = [0.2989, 0.587, 0.114] as const;
/** Luma is linear, so the emotion net's (luma - 127.5) / 127.5 can be taken of shifted channels; black beyond the image. */
const CENTRED_RGB: PixelFormat = { order: 'rgb', mean: [127.5, 127.5, 127.5], scale: 1 / 127.5, outside: 0 };

/** The transform onto a chip, from the one onto faceres' chip. */
function chipIn(frame: ChipFrame, faceres: Similarity): Similarity {
  const k = (frame.scale * frame.side) / (FACERES_SCALE * FACERES_CHIP.side);
  const centre = FACERES_CHIP.side / 2;
  return {
    a: faceres.a * k,
    b: faceres.b * k,
    tx: (faceres.tx - centre) * k + frame.side / 2,
    ty: (faceres.ty - centre) * k + frame.side / 2 + frame.down,
  };
}

function cutPairs(
  photo: MeasuredPhoto,
  meshes: readonly Float32Array[],
  frame: ChipFrame,
  format: PixelFormat,
): Float32Array {
  const { side } = frame;
  const size = side * side * 3;
  const chips = new Float32Array(meshes.length * 2 * size);
  meshes.forEach((mesh, i) => {
    const transform = chipIn(frame, FACERES_CHIP.align(mesh));
    cutChip(photo.pyramid, transform, side, side, format, chips, 2 * i * size);
    mirrorChip(chips, 2 * i * size, (2 * i + 1) * size, side, side);
  });
  return chips;
}

function lumaOf(rgb: Float32Array): Float32Array {
  const luma = new Float32Array(rgb.length / 3);
  const [red, green, blue] = LUMA;
  for (let i = 0; i < luma.length; i++) {
    luma[i] = red * (rgb[3 * i] as number) + green * (rgb[3 * i + 1] as number) + blue * (rgb[3 * i + 2] as number);
  }
  return luma;
}

/**
 * The mean of what the two nets say of a face and of its mirror image.
 *
 * @param expression `[2, 7]` probabilities from `2 * 7 * face` on
 * @param emotion the same
 */
export function mergeEmotions(expression: Float32Array, emotion: Float32Array, face: number): EmotionScores {
  const scores: Record<EmotionName, number> = {
    HAPPY: 0,
    SAD: 0,
    ANGRY: 0,
    DISGUSTED: 0,
    SURPRISED: 0,
    CALM: 0,
    FEAR: 0,
  };
  const first = 2 * NAMES * face;
  let total = 0;
  const add = (rows: Float32Array, order: readonly EmotionName[]) => {
    order.forEach((name, i) => {
      const p = Math.max(0, (rows[first + i] as number) + (rows[first + NAMES + i] as number));
      scores[name] += p;
      total += p;
    });
  };
  add(expression, EXPRESSION_ORDER);
  add(emotion, EMOTION_ORDER);
  for (const name of EXPRESSION_ORDER) scores[name] /= total || 1;
  return scores;
}

/**
 * Reads the emotions that the faces show, in their order.
 *
 * Two small nets of different training sets: face-expression on `[N, 112, 112, 3]` RGB 0..255, emotion on
 * `[N, 64, 64, 1]` luma (x - 127.5) / 127.5.
 *
 * @throws {DOMException} AbortError when the signal fires between two runs
 */
export async function runEmotions(
  nets: EmotionNets,
  photo: MeasuredPhoto,
  signal: AbortSignal,
): Promise<EmotionScores[]> {
  const scores: EmotionScores[] = [];
  for (let start = 0; start < photo.faces.length; start += FACES_PER_RUN) {
    signal.throwIfAborted();
    const meshes = photo.faces.slice(start, start + FACES_PER_RUN).map(({ anatomy }) => anatomy.mesh);
    const n = 2 * meshes.length;
    const rgb = cutPairs(photo, meshes, EXPRESSION_CHIP, PLAIN_RGB);
    const expression = outputOf(
      await nets.expression.run(rgb, [n, EXPRESSION_CHIP.side, EXPRESSION_CHIP.side, 3]),
      'expressions',
    );
    signal.throwIfAborted();
    const luma = lumaOf(cutPairs(photo, meshes, EMOTION_CHIP, CENTRED_RGB));
    const emotion = outputOf(await nets.emotion.run(luma, [n, EMOTION_CHIP.side, EMOTION_CHIP.side, 1]), 'emotions');
    for (let i = 0; i < meshes.length; i++) scores.push(mergeEmotions(expression, emotion, i));
  }
  return scores;
}

/** Every emotion as a percentage, the strongest first; they sum to 100. */
export function rankEmotions(scores: EmotionScores): NonNullable<FaceAttributes['emotions']> {
  return EXPRESSION_ORDER.map((type) => ({ type, confidence: 100 * scores[type] })).sort(
    (a, b) => b.confidence - a.confidence,
  );
}
