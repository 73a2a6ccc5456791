import { describe, expect, it } from 'vitest';
import { seededRandom, unitVector } from '../../../tests/stores/builders.ts';
import { drawRotation } from './rotation.ts';

const secret = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);
/** The templates' middles and how far they spread, in one number: 0 when two lists have nothing in common. */
function correlation(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.hypot(...a) / Math.hypot(...b);
}

describe('a rotation', () => {
  it('keeps every dot product, of any number of dimensions', () => {
    const random = seededRandom(1);
    for (const dimensions of [1, 2, 3, 5, 8, 31, 128, 512, 4096]) {
      const rotation = drawRotation(secret(1), dimensions);
      const [a, b] = [unitVector(random, dimensions), unitVector(random, dimensions)];
      expect(dot(rotation.turn(a), rotation.turn(b))).toBeCloseTo(dot(a, b), 6);
      expect(dot(rotation.turn(a), rotation.turn(a))).toBeCloseTo(1, 6);
    }
  });

  it('is undone to the rounding of float32', () => {
    const random = seededRandom(2);
    for (const dimensions of [1, 2, 7, 128, 512]) {
      const rotation = drawRotation(secret(2), dimensions);
      const template = unitVector(random, dimensions);
      const back = rotation.turnBack(rotation.turn(template));
      expect(Math.max(...back.map((value, i) => Math.abs(value - (template[i] ?? Number.NaN))))).toBeLessThan(1e-7);
    }
  });

  it('is the same for the same secret, and another for another', () => {
    const template = unitVector(seededRandom(3), 128);
    const turned = drawRotation(secret(3), 128).turn(template);
    expect(drawRotation(secret(3), 128).turn(template)).toEqual(turned);
    expect(drawRotation(secret(4), 128).turn(template)).not.toEqual(turned);
  });

  it('leaves nothing by which what two secrets made of the same templates could be linked', () => {
    const random = seededRandom(4);
    const dimensions = 128;
    const templates = Array.from({ length: 200 }, () => unitVector(random, dimensions));
    const [one, other] = [drawRotation(secret(5), dimensions), drawRotation(secret(6), dimensions)];
    const [here, there] = [templates.map((t) => one.turn(t)), templates.map((t) => other.turn(t))];
    const same = here.map((turned, i) => correlation(turned, there[i] ?? new Float32Array()));
    const strangers = here.map((turned, i) => correlation(turned, there[(i + 1) % there.length] ?? new Float32Array()));
    const plain = here.map((turned, i) => correlation(turned, templates[i] ?? new Float32Array()));
    const spread = (values: readonly number[]) => Math.sqrt(dot(values, values) / values.length);
    // Of two vectors in random directions the correlation spreads by 1 / sqrt(128) = 0.088.
    for (const values of [same, strangers, plain]) {
      expect(spread(values)).toBeGreaterThan(0.07);
      expect(spread(values)).toBeLessThan(0.11);
      expect(
        Math.abs(
          dot(
            values,
            values.map(() => 1),
          ),
        ) / values.length,
      ).toBeLessThan(0.05);
    }
    // Nor does the order of sizes, which a mere exchange of places would keep.
    const sizes = (vector: Float32Array) => Float32Array.from(vector, Math.abs).sort();
    const [first = new Float32Array(), second = new Float32Array()] = [here[0], there[0]];
    expect(sizes(first)).not.toEqual(sizes(second));
  });

  it('spreads every number of a template over all of it', () => {
    for (const dimensions of [16, 128, 512]) {
      const rotation = drawRotation(secret(7), dimensions);
      for (const at of [0, 1, dimensions - 1]) {
        const axis = new Float32Array(dimensions);
        axis[at] = 1;
        const turned = rotation.turn(axis);
        expect(turned.filter((value) => Math.abs(value) > 1e-6).length).toBeGreaterThan(0.98 * dimensions);
        expect(Math.max(...turned.map(Math.abs))).toBeLessThan(0.95);
      }
    }
  });

  it('refuses vectors of other dimensions', () => {
    const rotation = drawRotation(secret(1), 8);
    expect(() => rotation.turn(new Float32Array(7))).toThrow(RangeError);
    expect(() => rotation.turnBack(new Float32Array(9))).toThrow(RangeError);
  });
});
