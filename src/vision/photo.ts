import type { Pyramid } from './align/raster.ts';
import type { FoundFace } from './detect/mesh-faces.ts';
import { faceresOutputs } from './embed/features.ts';
import type { FaceObservation } from './faces.ts';
import { runIris } from './landmarks/iris.ts';
import { landmarksOf } from './landmarks/landmarks.ts';
import { poseOf } from './landmarks/pose.ts';
import type { FaceresOutputs, MeasuredFace, MeasuredPhoto } from './measured-face.ts';
import { measureQuality } from './quality/measure.ts';
import type { Net } from './sessions/net.ts';

/** A photo whose faces were measured, and the faceres outputs that were computed of them. */
export interface Photo extends MeasuredPhoto {
  /** faceres of some of the faces, in the order of `which`; runs only what has not been run for this photo. */
  faceresOf(which: readonly number[], signal: AbortSignal): Promise<readonly FaceresOutputs[]>;
}

/** The nets that measuring takes. */
export interface MeasuringNets {
  readonly iris: Net;
  readonly faceres: Net;
}

/** Where a raster lies in the whole photo, whose size is given in the raster's pixels. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Measures found faces: landmarks, pose, quality, and with `irises` the pupils too, which cost 7 ms a face.
 *
 * @param frame where the pyramid shows a part of the photo only
 * @throws {DOMException} AbortError when the signal fires
 */
export async function measurePhoto(
  nets: MeasuringNets,
  pyramid: Pyramid,
  found: readonly FoundFace[],
  irises: boolean,
  signal: AbortSignal,
  frame: Frame = { x: 0, y: 0, width: pyramid.width, height: pyramid.height },
): Promise<Photo> {
  const faces: MeasuredFace[] = [];
  for (const face of found) {
    signal.throwIfAborted();
    const iris = irises ? await runIris(nets.iris, pyramid, face.mesh) : undefined;
    const anatomy = { mesh: face.mesh, meshFlag: face.flag, box: face.box, ...(iris && { iris }) };
    faces.push({ anatomy, observation: observe(pyramid, frame, face, iris) });
  }
  const known: (FaceresOutputs | undefined)[] = faces.map(() => undefined);
  const faceresOf = async (which: readonly number[], until: AbortSignal): Promise<FaceresOutputs[]> => {
    const missing = which.filter((i) => known[i] === undefined);
    const meshes = missing.flatMap((i) => faces[i]?.anatomy.mesh ?? []);
    const fresh = await faceresOutputs(nets.faceres, pyramid, meshes, until);
    missing.forEach((i, k) => {
      known[i] = fresh[k];
    });
    return which.flatMap((i) => known[i] ?? []);
  };
  return { pyramid, faces, faceresOf, faceres: (until) => faceresOf([...faces.keys()], until) };
}

function observe(
  pyramid: Pyramid,
  frame: Frame,
  { box, confidence, mesh }: FoundFace,
  iris: Awaited<ReturnType<typeof runIris>>,
): Omit<FaceObservation, 'attributes'> {
  // the centre of pixel i is at i, so its ratio is that of i + .5
  const x = (pixels: number) => (pixels + frame.x + 0.5) / frame.width;
  const y = (pixels: number) => (pixels + frame.y + 0.5) / frame.height;
  return {
    box: { left: x(box.x0), top: y(box.y0), width: x(box.x1) - x(box.x0), height: y(box.y1) - y(box.y0) },
    confidence,
    landmarks: landmarksOf(mesh, iris).map((point) => ({ type: point.type, x: x(point.x), y: y(point.y) })),
    pose: poseOf(mesh),
    quality: measureQuality(pyramid, mesh),
  };
}
