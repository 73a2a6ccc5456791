import { type Net, outputOf } from '../sessions/net.ts';
import { type PlaneFormat, toPlanes } from './planes.ts';
import { lineHeight } from './straighten.ts';

/** How the line nets want their pixels: (x - 127.5) / 127.5. */
export const linePlanes: PlaneFormat = { mean: [127.5, 127.5, 127.5], divisor: [127.5, 127.5, 127.5] };

/** Width that the net looks at, pixels. */
const LOOKED_AT = 192;
const MIDDLE_GREY = 127.5;

/**
 * The probability that a crop shows its line upside down, 0..1.
 *
 * @param pixels `[lineHeight, width, 3]` RGB 0..255
 */
export async function probablyUpsideDown(net: Net, pixels: Uint8Array, width: number): Promise<number> {
  const seen = squeezed(pixels, width);
  const outputs = await net.run(toPlanes(seen, linePlanes), [1, 3, lineHeight, LOOKED_AT]);
  return outputOf(outputs, 'softmax_0.tmp_0')[1] ?? 0;
}

/** Longer lines are squeezed to the width that the net looks at, shorter ones stand at its left. */
function squeezed(pixels: Uint8Array, width: number): Float32Array {
  const seen = new Float32Array(lineHeight * LOOKED_AT * 3).fill(MIDDLE_GREY);
  const covered = Math.min(LOOKED_AT, width);
  for (let x = 0; x < covered; x++) {
    const from = Math.floor((x * width) / covered);
    const to = Math.max(from + 1, Math.floor(((x + 1) * width) / covered));
    for (let y = 0; y < lineHeight; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let column = from; column < to; column++) sum += pixels[(y * width + column) * 3 + channel] as number;
        seen[(y * LOOKED_AT + x) * 3 + channel] = sum / (to - from);
      }
    }
  }
  return seen;
}
