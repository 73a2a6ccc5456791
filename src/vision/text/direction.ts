import { type Net, outputOf } from '../sessions/net.ts';
import { type PlaneFormat, toPlanes } from './planes.ts';
import { lineHeight } from './straighten.ts';

/** How the line nets want their pixels: (x - 127.5) / 127.5. */
export const linePlanes: PlaneFormat = { mean: [127.5, 127.5, 127.5], divisor: [127.5, 127.5, 127.5] };

/** Width that the net takes, pixels. */
const TAKEN = 192;
/**
 * Longer parts of a line are not shown to it: squeezed to the width that it takes, a line of 1,100 pixels is a guess
 * (of 40 lines of a page 11 were taken for upside down), and of one of 288 it is sure.
 */
const LONGEST_PART = 288;
/** Parts of a long line that are looked at, its beginning and its end: one alone may show a gap. */
const MOST_PARTS = 2;
const MIDDLE_GREY = 127.5;

/**
 * The probability that a crop shows its line upside down, 0..1.
 *
 * @param pixels `[lineHeight, width, 3]` RGB 0..255
 */
export async function probablyUpsideDown(net: Net, pixels: Uint8Array, width: number): Promise<number> {
  const part = Math.min(LONGEST_PART, width);
  const parts = Math.min(MOST_PARTS, Math.max(1, Math.floor(width / part)));
  let sum = 0;
  for (let i = 0; i < parts; i++) {
    const from = parts === 1 ? Math.floor((width - part) / 2) : Math.floor((i * (width - part)) / (parts - 1));
    const planes = toPlanes(squeezed(pixels, width, from, part), linePlanes);
    const outputs = await net.run(planes, [1, 3, lineHeight, TAKEN]);
    sum += outputOf(outputs, 'softmax_0.tmp_0')[1] ?? 0;
  }
  return sum / parts;
}

/** A part of a line as wide as the net takes it; a shorter one stands at the left. */
function squeezed(pixels: Uint8Array, width: number, start: number, part: number): Float32Array {
  const seen = new Float32Array(lineHeight * TAKEN * 3).fill(MIDDLE_GREY);
  const covered = Math.min(TAKEN, part);
  for (let x = 0; x < covered; x++) {
    const from = start + Math.floor((x * part) / covered);
    const to = Math.max(from + 1, start + Math.floor(((x + 1) * part) / covered));
    for (let y = 0; y < lineHeight; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let column = from; column < to; column++) sum += pixels[(y * width + column) * 3 + channel] as number;
        seen[(y * TAKEN + x) * 3 + channel] = sum / (to - from);
      }
    }
  }
  return seen;
}
