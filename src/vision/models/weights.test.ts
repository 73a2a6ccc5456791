import { describe, expect, it } from 'vitest';
import { ModelFormatError } from './errors.ts';
import { decodeWeights, halfToFloat, type WeightSpec } from './weights.ts';

const decodeOne = (spec: Omit<WeightSpec, 'name'>, bytes: Uint8Array) =>
  decodeWeights([{ paths: ['a'], weights: [{ name: 'w', ...spec }] }], () => bytes).get('w')!;

describe('decoding weights', () => {
  it('reads plain float32 and int32 after one another, also where a weight starts at an odd offset', () => {
    const bytes = Buffer.alloc(9);
    bytes.writeUInt8(1, 0);
    bytes.writeFloatLE(-2.5, 1);
    bytes.writeInt32LE(-7, 5);
    const weights = decodeWeights(
      [
        {
          paths: ['a', 'b'],
          weights: [
            { name: 'switch', shape: [], dtype: 'bool' },
            { name: 'float', shape: [1], dtype: 'float32' },
            { name: 'whole', shape: [1], dtype: 'int32' },
          ],
        },
      ],
      (path) => (path === 'a' ? bytes.subarray(0, 3) : bytes.subarray(3)),
    );
    expect([...weights.get('switch')!.data]).toEqual([1]);
    expect([...weights.get('float')!.data]).toEqual([-2.5]);
    expect([...weights.get('whole')!.data]).toEqual([-7]);
  });

  it('spreads uint8 and uint16 levels over their range', () => {
    const quantization = { dtype: 'uint8', scale: 0.5, min: -1 } as const;
    expect([...decodeOne({ shape: [3], dtype: 'float32', quantization }, Uint8Array.of(0, 1, 255)).data]).toEqual([
      -1, -0.5, 126.5,
    ]);
    const wide = { dtype: 'uint16', scale: 2, min: 10 } as const;
    const levels = new Uint8Array(Uint16Array.of(0, 65535).buffer);
    expect([...decodeOne({ shape: [2], dtype: 'int32', quantization: wide }, levels).data]).toEqual([10, 131080]);
  });

  it('widens half floats exactly', () => {
    const halves = [0x0000, 0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555];
    const bytes = new Uint8Array(Uint16Array.from(halves).buffer);
    const quantization = { dtype: 'float16' } as const;
    expect([...decodeOne({ shape: [6], dtype: 'float32', quantization }, bytes).data]).toEqual([
      0,
      1,
      -2,
      2 ** -24,
      65504,
      0.333251953125,
    ]);
    expect(halfToFloat(0xfc00)).toBe(Number.NEGATIVE_INFINITY);
    expect(halfToFloat(0x7e00)).toBeNaN();
  });

  it('refuses files that are shorter or longer than the manifest says', () => {
    expect(() => decodeOne({ shape: [2], dtype: 'float32' }, new Uint8Array(4))).toThrow(ModelFormatError);
    expect(() => decodeOne({ shape: [2], dtype: 'float32' }, new Uint8Array(12))).toThrow(ModelFormatError);
  });
});
