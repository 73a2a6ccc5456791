import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';
import { readManifest } from '../../src/vision/models/index.ts';
import { type Matrix, zeros32 } from '../train/matrix.ts';
import type { LfwImage } from './lfw.ts';
import { openSubjectReader } from './subject.ts';

/** The nets' raw outputs for the person each image is about. */
export interface FaceFeatures {
  /** 1 where a face was found; rows of the others are zero. */
  readonly found: Uint8Array;
  readonly dlib: Matrix<Float32Array>;
  readonly faceres: Matrix<Float32Array>;
  /** What the features were made of and from: images and nets. Changes of the pipeline's code are not in it. */
  readonly key: string;
}

/** Where and how features are made. */
export interface FeatureOptions {
  readonly modelsDir: string;
  /** Makes them anew though a cached file is there. */
  readonly fresh: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

const DLIB = 128;
const FACERES = 1024;
const NETS: ReadonlySet<string> = new Set(['faceboxes', 'blazeface-back', 'facemesh', 'dlib-recognition', 'faceres']);

/** Where evaluations keep what takes minutes to make; never in the repository. */
export function evaluationCache(): string {
  const folder = join(packageRoot(), 'build', 'eval-cache');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Runs the shipped pipeline over images and keeps the raw features in build/eval-cache.
 *
 * About 70 ms an image on one core.
 */
export async function faceFeatures(images: readonly LfwImage[], options: FeatureOptions): Promise<FaceFeatures> {
  const key = keyOf(images);
  const file = join(evaluationCache(), `lfw-features-${key}.f32`);
  const features: FaceFeatures = {
    found: new Uint8Array(images.length),
    dlib: zeros32(images.length, DLIB),
    faceres: zeros32(images.length, FACERES),
    key,
  };
  if (!options.fresh && existsSync(file)) return readCached(file, features);
  const reader = await openSubjectReader(options.modelsDir);
  try {
    for (const [i, image] of images.entries()) {
      const raw = await reader.read(readFileSync(image.path));
      if (raw) {
        features.found[i] = 1;
        features.dlib.data.set(raw.dlib, i * DLIB);
        features.faceres.data.set(raw.faceres, i * FACERES);
      }
      options.onProgress(i + 1, images.length);
    }
  } finally {
    await reader.close();
  }
  const { dlib, faceres, found } = features;
  writeFileSync(file, Buffer.concat([found, bytesOf(dlib.data), bytesOf(faceres.data)]));
  return features;
}

function readCached(file: string, features: FaceFeatures): FaceFeatures {
  const bytes = readFileSync(file);
  const { found, dlib, faceres } = features;
  found.set(bytes.subarray(0, found.length));
  const numbers = new Float32Array(Uint8Array.from(bytes.subarray(found.length)).buffer);
  dlib.data.set(numbers.subarray(0, dlib.data.length));
  faceres.data.set(numbers.subarray(dlib.data.length));
  return features;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Changes with the images and with the bytes of every net that the features come from. */
function keyOf(images: readonly LfwImage[]): string {
  const hash = createHash('sha256');
  for (const { sha256 } of images) hash.update(sha256);
  for (const { id, onnx } of readManifest().models) if (NETS.has(id)) hash.update(`${id} ${onnx.sha256}\n`);
  return hash.digest('hex').slice(0, 16);
}
