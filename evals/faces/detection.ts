import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectorName } from '../../src/vision/detect/finder.ts';
import type { FaceEngine } from '../../src/vision/face-engine.ts';

/** A box in pixels. */
export interface PixelBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** How a detector did on one picture with a hundred pasted faces. */
export interface CrowdResult {
  /** Height of the pasted faces. */
  readonly facePixels: number;
  readonly faces: number;
  readonly found: number;
  /** Boxes on no pasted face; some are bystanders within the pasted tiles. */
  readonly extra: number;
}

/** How many faces were found in one photo. */
export interface CountResult {
  readonly photo: string;
  readonly found: number;
  /** Where the number is known. */
  readonly faces?: number;
}

/** How a detector did on every picture. */
export interface DetectionResult {
  readonly detector: DetectorName;
  readonly crowds: readonly CrowdResult[];
  readonly counts: readonly CountResult[];
  /** Wall clock of all pictures, decoding included; comparable within one run only. */
  readonly seconds: number;
}

/** Faces in the group photos, counted by eye. */
const KNOWN_COUNTS: Readonly<Record<string, number>> = {
  'solvay1927.jpg': 29,
  'group-1.jpg': 14,
  'group-2.jpg': 3,
  'group-3.jpg': 4,
  'group-4.jpg': 5,
  'group-5.jpg': 6,
  'group-6.jpg': 3,
  'group-7.jpg': 4,
};

/** More than the wire allows, so that boxes beyond the hundredth are seen. */
const MAX_FACES = 200;
const never = new AbortController().signal;

/**
 * Detects on pictures whose pasted faces are known.
 *
 * @param folder holds `cNN.png`, faces NN pixels high, each with `cNN.png.json`: boxes `[x0, y0, x1, y1]`
 */
export async function detectCrowds(
  engine: FaceEngine,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<CrowdResult[]> {
  const pictures = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.png'))
        .sort()
    : [];
  const results: CrowdResult[] = [];
  for (const [i, name] of pictures.entries()) {
    const truth = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as [number, number, number, number][];
    const boxes = truth.map(([x0, y0, x1, y1]) => ({ x0, y0, x1, y1 }));
    const found = await boxesOf(engine, join(folder, name));
    const facePixels = Number(/\d+/.exec(name)?.[0]);
    results.push({ facePixels, faces: boxes.length, ...scoreBoxes(found, boxes) });
    onProgress(i + 1, pictures.length);
  }
  return results;
}

/** Counts faces in every photo of a folder. */
export async function countFaces(
  engine: FaceEngine,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<CountResult[]> {
  const photos = existsSync(folder) ? readdirSync(folder).sort() : [];
  const results: CountResult[] = [];
  for (const [i, photo] of photos.entries()) {
    const found = (await boxesOf(engine, join(folder, photo))).length;
    const faces = KNOWN_COUNTS[photo];
    results.push(faces === undefined ? { photo, found } : { photo, found, faces });
    onProgress(i + 1, photos.length);
  }
  return results;
}

/**
 * Matches found boxes with known ones, each at most once: the centres lie within half the known height of each other
 * and the larger side is half to twice the known height.
 */
export function scoreBoxes(
  found: readonly PixelBox[],
  known: readonly PixelBox[],
): { readonly found: number; readonly extra: number } {
  const taken = new Set<number>();
  let extra = 0;
  for (const box of found) {
    const hit = known.findIndex((truth, i) => !taken.has(i) && matches(box, truth));
    if (hit >= 0) taken.add(hit);
    else extra++;
  }
  return { found: taken.size, extra };
}

function matches(box: PixelBox, truth: PixelBox): boolean {
  const height = truth.y1 - truth.y0;
  const away = Math.hypot(box.x0 + box.x1 - truth.x0 - truth.x1, box.y0 + box.y1 - truth.y0 - truth.y1) / 2;
  const ratio = Math.max(box.x1 - box.x0, box.y1 - box.y0) / height;
  return away < height / 2 && ratio > 0.5 && ratio < 2;
}

async function boxesOf(engine: FaceEngine, path: string): Promise<PixelBox[]> {
  const image = { bytes: readFileSync(path) };
  const { width, height, faces } = await engine.detect(image, { maxFaces: MAX_FACES, attributes: new Set() }, never);
  return faces.map(({ box }) => ({
    x0: box.left * width,
    y0: box.top * height,
    x1: (box.left + box.width) * width,
    y1: (box.top + box.height) * height,
  }));
}
