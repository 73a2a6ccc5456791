import type { Pyramid } from '../align/raster.ts';
import { cutChip, planesOf } from '../align/warp.ts';
import type { FaceTemplate } from '../faces.ts';
import { sfaceProfile } from '../recipe/profiles.ts';
import { normalise } from '../recipe/vectors.ts';
import { type Net, outputOf } from '../sessions/net.ts';
import { SFACE_CHIP } from './chips.ts';

/** The file of the pack `sface`. */
export const SFACE_FILE = 'face_recognition_sface_2021dec.onnx';

/**
 * SFace's templates of the faces, in their order. One view each, without a mirror image, as its authors compare faces.
 *
 * @param net takes `[1, 3, 112, 112]`, one face at a time
 * @param meshes `[468, 3]` each
 * @returns `[128]` each, of unit length: the score of two faces is their cosine
 * @throws {DOMException} AbortError when the signal fires between two faces
 * @source opencv/opencv, modules/objdetect/src/face_recognize.cpp (FaceRecognizerSF)
 */
export async function sfaceTemplates(
  net: Net,
  image: Pyramid,
  meshes: readonly Float32Array[],
  signal: AbortSignal,
): Promise<FaceTemplate[]> {
  const { side, format, align } = SFACE_CHIP;
  const chip = new Float32Array(side * side * 3);
  const templates: FaceTemplate[] = [];
  for (const mesh of meshes) {
    signal.throwIfAborted();
    cutChip(image, align(mesh), side, side, format, chip);
    const output = outputOf(await net.run(planesOf(chip), [1, 3, side, side]), 'fc1');
    if (output.length !== sfaceProfile.dimensions) {
      throw new RangeError(`SFace gave ${output.length} numbers for a face, not ${sfaceProfile.dimensions}`);
    }
    templates.push(normalise(output.slice()));
  }
  return templates;
}
