/** Where a head is turned, in degrees -180..180. */
export interface Pose {
  /** Clockwise in the image is positive. */
  readonly roll: number;
  /** Towards the image's right is positive. */
  readonly yaw: number;
  /** Up is positive. */
  readonly pitch: number;
}

/**
 * Degrees that the mesh's axis from forehead to chin leans when the head looks straight ahead: -4.5 and -5.4
 * are the medians of two samples of LFW (545 and 424 photos), most of which look into the camera.
 */
const PITCH_AT_REST = -5;

type Vector = readonly [number, number, number];

function axis(mesh: Float32Array, from: number, to: number): Vector {
  const at = (i: number, k: number) => mesh[i * 3 + k] as number;
  const v: Vector = [at(to, 0) - at(from, 0), at(to, 1) - at(from, 1), at(to, 2) - at(from, 2)];
  const length = Math.hypot(...v) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
}

/**
 * Reads the pose off the mesh: its axis through the outer corners of the eyes and the one from forehead to chin.
 *
 * @param mesh `[468, 3]` x, y, z, smaller z nearer to the camera
 */
export function poseOf(mesh: Float32Array): Pose {
  const across = axis(mesh, 33, 263);
  const down = axis(mesh, 10, 152);
  const roll = Math.atan2(across[1], across[0]);
  // the lean of forehead to chin, in the frame of the rolled head
  const upright = down[1] * Math.cos(roll) - down[0] * Math.sin(roll);
  const degrees = 180 / Math.PI;
  return {
    roll: roll * degrees,
    yaw: Math.atan2(across[2], Math.hypot(across[0], across[1])) * degrees,
    pitch: Math.atan2(-down[2], upright) * degrees - PITCH_AT_REST,
  };
}
