import { createHash, randomUUID } from 'node:crypto';
import type { WiredHouse } from './open-house.ts';

/** A template that follows from a seed: the same seed, the same person. */
export function templateFrom(seed: string, dimensions: number): Float32Array {
  const vector = Float32Array.from({ length: dimensions }, (_, i) => {
    const digest = createHash('sha256').update(`${seed} ${i}`).digest();
    return digest.readUInt32LE(0) / 2 ** 31 - 1;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Makes a collection in the stores of a house, without asking anyone. */
export async function makeCollection(
  house: WiredHouse,
  id: string,
  purpose: string,
  options: { tags?: Readonly<Record<string, string>>; createdAtMs?: number } = {},
): Promise<void> {
  const modelVersion = house.faceModels.current;
  await house.stores.collections.createCollection({
    id,
    purpose,
    modelVersion,
    dimensions: house.faceModels.calibration(modelVersion).dimensions,
    tags: options.tags ?? {},
    createdAtMs: options.createdAtMs ?? Date.now(),
  });
}

/** Stores one face of a subject in the stores of a house, without asking anyone. @returns its face id */
export async function enrol(
  house: WiredHouse,
  collectionId: string,
  subject: string | undefined,
  seed = `${subject} ${randomUUID()}`,
): Promise<string> {
  const modelVersion = house.faceModels.current;
  const faceId = randomUUID();
  await house.stores.collections.addFaces(collectionId, {
    imageId: randomUUID(),
    modelVersion,
    maxFaces: 1_000_000,
    ...(subject !== undefined && { externalImageId: subject }),
    faces: [
      {
        faceId,
        box: { left: 0.1, top: 0.1, width: 0.5, height: 0.5 },
        confidence: 99,
        template: templateFrom(seed, house.faceModels.calibration(modelVersion).dimensions),
      },
    ],
  });
  return faceId;
}
