import type { EmbeddedFaces } from '../../vision/index.ts';

/**
 * Leaves only the largest face of the image to be stored. Where that one was not good enough nothing is: the next
 * largest is someone else, who happened to stand there.
 */
export function largestOnly(found: EmbeddedFaces): EmbeddedFaces {
  const [face] = found.accepted;
  if (face === undefined || found.rejected.every(({ box }) => areaOf(box) <= areaOf(face.box))) return found;
  const { template: _, ...rest } = face;
  const rejected = [...found.rejected, { ...rest, reasons: ['EXCEEDS_MAX_FACES'] as const }];
  return { ...found, accepted: [], rejected: rejected.sort((a, b) => areaOf(b.box) - areaOf(a.box)) };
}

function areaOf({ width, height }: { readonly width: number; readonly height: number }): number {
  return width * height;
}
