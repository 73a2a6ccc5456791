import type { FaceAttributes } from '../faces.ts';
import type { FaceAnatomy } from '../measured-face.ts';
import { type FaceFrame, middle, pointOf } from './face-frame.ts';

/**
 * The eye as a ball, in spans of the outer corners of both eyes (90 mm): from its centre to the iris, and from its
 * centre to the line through its corners.
 */
const IRIS_RADIUS = 10.5 / 90;
const CENTRE_DEPTH = 5 / 90;
/** Where the net sees the irises of people who look into the camera, in sines of the angle: towards the nose and up; medians over LFW and data/faces. */
const TOWARDS_NOSE = 0.045;
const UPWARDS = 0.06;
/** Degrees of head yaw beyond which one eye is hidden. */
const MAX_YAW = 50;
/** Openness of the lids under which there is no gaze to see. */
const CLOSED = 0.1;
/** Degrees by which the two eyes may disagree: beyond it one iris was misplaced. */
const MAX_DISAGREEMENT = 35;
const DISAGREEMENT_SPREAD = 18;
/** Widths of an eye in pixels at which the answer is worth little, and as much as it ever is. */
const SMALL_EYE = 8;
const LARGE_EYE = 40;
const MAX_CONFIDENCE = 95;

const DEGREES = 180 / Math.PI;

interface Eye {
  readonly outer: number;
  readonly inner: number;
  /** The nose lies to the right (1) or left (-1) of this eye in the image. */
  readonly nose: 1 | -1;
}

const LEFT_EYE: Eye = { outer: 33, inner: 133, nose: 1 };
const RIGHT_EYE: Eye = { outer: 263, inner: 362, nose: -1 };

/** Sines of the gaze along the head's own across and down as the image shows them. */
function sinesOf(mesh: Float32Array, frame: FaceFrame, iris: Float32Array, eye: Eye): readonly [x: number, y: number] {
  const centre = middle(pointOf(mesh, eye.outer), pointOf(mesh, eye.inner));
  const { forward, across, down, eyeSpan } = frame;
  const x = ((iris[0] as number) - centre[0]) / eyeSpan + CENTRE_DEPTH * forward[0];
  const y = ((iris[1] as number) - centre[1]) / eyeSpan + CENTRE_DEPTH * forward[1];
  return [
    x / IRIS_RADIUS - TOWARDS_NOSE * eye.nose * across[0] + UPWARDS * down[0],
    y / IRIS_RADIUS - TOWARDS_NOSE * eye.nose * across[1] + UPWARDS * down[1],
  ];
}

function widthOf(mesh: Float32Array, { outer, inner }: Eye): number {
  return Math.hypot(
    (mesh[3 * outer] as number) - (mesh[3 * inner] as number),
    (mesh[3 * outer + 1] as number) - (mesh[3 * inner + 1] as number),
  );
}

function angle(sine: number): number {
  return Math.asin(Math.max(-1, Math.min(1, sine))) * DEGREES;
}

/**
 * Where the eyes look, relative to the camera whichever way the head is turned: the iris against the centre of the eyeball, which
 * the head's pose places behind the corners of the eye. Good to about 10 degrees on large faces.
 *
 * @returns undefined when the irises are unknown, the lids closed, the head too far turned or the two eyes contradict each other
 */
export function eyeDirectionOf({ mesh, iris }: FaceAnatomy, frame: FaceFrame): FaceAttributes['eyeDirection'] {
  if (iris === undefined || iris.openness < CLOSED) return undefined;
  if (Math.abs(frame.forward[0]) > Math.sin(MAX_YAW / DEGREES)) return undefined;
  const [leftX, leftY] = sinesOf(mesh, frame, iris.left, LEFT_EYE);
  const [rightX, rightY] = sinesOf(mesh, frame, iris.right, RIGHT_EYE);
  const disagreement = Math.hypot(angle(leftX) - angle(rightX), angle(leftY) - angle(rightY));
  if (disagreement > MAX_DISAGREEMENT) return undefined;
  const width = Math.min(widthOf(mesh, LEFT_EYE), widthOf(mesh, RIGHT_EYE));
  if (width < SMALL_EYE) return undefined;
  const size = Math.min(1, Math.sqrt((width - SMALL_EYE) / (LARGE_EYE - SMALL_EYE)));
  const agreement = Math.exp(-((disagreement / DISAGREEMENT_SPREAD) ** 2));
  return {
    yaw: angle((leftX + rightX) / 2),
    pitch: -angle((leftY + rightY) / 2),
    confidence: 50 + (MAX_CONFIDENCE - 50) * size * agreement,
  };
}
