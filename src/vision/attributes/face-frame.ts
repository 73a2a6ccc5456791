/** A direction or a place in pixels: x to the right, y down, z away from the camera. */
export type Vector = readonly [number, number, number];

/** The head's own axes in the image, unit vectors, and its scale. */
export interface FaceFrame {
  /** From the eye at the image's left to the one at its right. */
  readonly across: Vector;
  /** From forehead to chin. */
  readonly down: Vector;
  /** Where the nose points; z is negative when the face looks to the camera. */
  readonly forward: Vector;
  /** Pixels between the outer corners of the eyes, depth included; about 90 mm on an adult. */
  readonly eyeSpan: number;
}

/** Reads one of the 468 points of a mesh. */
export function pointOf(mesh: Float32Array, index: number): Vector {
  return [mesh[3 * index] as number, mesh[3 * index + 1] as number, mesh[3 * index + 2] as number];
}

/** The middle of two places. */
export function middle(a: Vector, b: Vector): Vector {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
}

/** The length of the way between two places. */
export function distance(a: Vector, b: Vector): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** How far b lies from a along a unit vector. */
export function along(axis: Vector, a: Vector, b: Vector): number {
  return axis[0] * (b[0] - a[0]) + axis[1] * (b[1] - a[1]) + axis[2] * (b[2] - a[2]);
}

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}

/** The outer corners of the eyes, forehead and chin in the mesh. */
const OUTER_LEFT = 33;
const OUTER_RIGHT = 263;
const FOREHEAD = 10;
const CHIN = 152;

/**
 * Reads the head's axes off its mesh.
 *
 * @param mesh `[468, 3]`
 */
export function frameOf(mesh: Float32Array): FaceFrame {
  const left = pointOf(mesh, OUTER_LEFT);
  const right = pointOf(mesh, OUTER_RIGHT);
  const across = unit([right[0] - left[0], right[1] - left[1], right[2] - left[2]]);
  const forehead = pointOf(mesh, FOREHEAD);
  const chin = pointOf(mesh, CHIN);
  const lean = along(across, forehead, chin);
  const down = unit([
    chin[0] - forehead[0] - lean * across[0],
    chin[1] - forehead[1] - lean * across[1],
    chin[2] - forehead[2] - lean * across[2],
  ]);
  return {
    across,
    down,
    forward: [
      across[2] * down[1] - across[1] * down[2],
      across[0] * down[2] - across[2] * down[0],
      across[1] * down[0] - across[0] * down[1],
    ],
    eyeSpan: distance(left, right),
  };
}
