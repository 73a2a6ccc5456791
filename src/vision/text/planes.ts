/** How a net wants its channels: blue, green and red planes, each value `(x - mean) / divisor` of x in 0..255. */
export interface PlaneFormat {
  /** In the planes' order. */
  readonly mean: readonly [number, number, number];
  readonly divisor: readonly [number, number, number];
}

/**
 * Lays interleaved RGB out as the planes that PaddleOCR's nets take.
 *
 * @param pixels `[..., 3]` RGB 0..255
 * @returns `[3, ...]` BGR
 */
export function toPlanes(pixels: ArrayLike<number>, { mean, divisor }: PlaneFormat): Float32Array {
  const size = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let plane = 0; plane < 3; plane++) {
    const gain = 1 / (divisor[plane] as number);
    const offset = -(mean[plane] as number) * gain;
    const base = plane * size;
    for (let i = 0, from = 2 - plane; i < size; i++, from += 3) {
      planes[base + i] = (pixels[from] as number) * gain + offset;
    }
  }
  return planes;
}
