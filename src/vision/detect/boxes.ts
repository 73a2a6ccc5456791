import type { PixelBox } from '../measured-face.ts';

/** Something that may be a face. */
export interface FaceCandidate {
  readonly box: PixelBox;
  /** 0..1, the detector's own score. */
  readonly score: number;
  /** Radians clockwise that the head is turned in the image, where the detector gives eyes. */
  readonly roll?: number;
}

/** The area two boxes share, in square pixels. */
export function sharedArea(a: PixelBox, b: PixelBox): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return width > 0 && height > 0 ? width * height : 0;
}

/** A box's area in square pixels. */
export function areaOf(box: PixelBox): number {
  return Math.max(0, box.x1 - box.x0) * Math.max(0, box.y1 - box.y0);
}

/** Share of the union that two boxes have in common, 0..1. */
export function overlap(a: PixelBox, b: PixelBox): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/**
 * Keeps the best of every group of boxes that mean the same face, best first.
 *
 * @param maxOverlap intersection over union above which two boxes are the same face
 * @param maxInside share of the smaller box that may lie inside a better one; 1 switches this off
 */
export function suppress<T extends { readonly box: PixelBox; readonly score: number }>(
  candidates: readonly T[],
  maxOverlap: number,
  maxInside = 1,
): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    const area = areaOf(candidate.box);
    const isCovered = kept.some(({ box }) => {
      const shared = sharedArea(candidate.box, box);
      if (shared === 0) return false;
      const other = areaOf(box);
      return shared / (area + other - shared) > maxOverlap || shared / Math.min(area, other) > maxInside;
    });
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}
