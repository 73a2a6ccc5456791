import { describe, expect, it } from 'vitest';
import { type PixelBox, scoreBoxes } from './detection.ts';
import { detectionTargets } from './targets.ts';

function buildBox(x: number, y: number, side: number): PixelBox {
  return { x0: x, y0: y, x1: x + side, y1: y + side };
}

describe('scoring found boxes', () => {
  const known = [buildBox(100, 100, 40), buildBox(300, 100, 40)];

  it('takes a box that lies about where a face is', () => {
    expect(scoreBoxes([buildBox(105, 92, 50)], known)).toEqual({ found: 1, extra: 0 });
  });

  it('counts a second box on one face, a box of the wrong size and a box elsewhere as extra', () => {
    const found = [buildBox(100, 100, 40), buildBox(101, 101, 40), buildBox(270, 70, 100), buildBox(700, 100, 40)];
    expect(scoreBoxes(found, known)).toEqual({ found: 1, extra: 3 });
  });
});

describe('the targets of detection', () => {
  it('are held at 24 and 40 pixels, for faces and for false boxes', () => {
    const at = (facePixels: number, found: number, extra: number) => ({ facePixels, faces: 100, found, extra });
    const targets = detectionTargets([at(24, 89, 15), at(32, 10, 90), at(40, 98, 16)]);
    expect(targets.map(({ met }) => met)).toEqual([false, true, true, false]);
  });
});
