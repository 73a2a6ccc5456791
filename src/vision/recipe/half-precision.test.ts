import { describe, expect, it } from 'vitest';
import { decodeHalf, encodeHalf } from './half-precision.ts';

/** Every finite half-precision number. */
function allFinite(): Uint8Array {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => ((half >> 10) & 31) !== 31);
  return new Uint8Array(halves.buffer);
}

describe('half precision', () => {
  it('comes back from every number it can hold', () => {
    expect(encodeHalf(decodeHalf(allFinite()))).toEqual(allFinite());
  });

  it('widens the textbook numbers', () => {
    expect([...decodeHalf(Uint8Array.of(0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00))]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
    ]);
  });

  it('rounds to the nearest and ties to the even one', () => {
    const ties = Float32Array.of(1 + 1 / 2048, 1 + 3 / 2048, 1 + 1.1 / 2048, 2047.5);
    expect([...decodeHalf(encodeHalf(ties))]).toEqual([1, 1 + 2 / 1024, 1 + 1 / 1024, 2048]);
  });

  it('keeps what lies below the smallest normal number', () => {
    expect([...decodeHalf(encodeHalf(Float32Array.of(3 * 2 ** -24, 2 ** -26, -(2 ** -14))))]).toEqual([
      3 * 2 ** -24,
      0,
      -(2 ** -14),
    ]);
  });
});
