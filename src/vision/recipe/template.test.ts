import { describe, expect, it } from 'vitest';
import { openRecipe, type Recipe } from './constants.ts';
import { profiles } from './profiles.ts';
import { rootFeatures, templateOf } from './template.ts';

/** Numbers that are the same everywhere: a wave about a level. */
function wave(length: number, level: number, size: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => level + size * Math.sin(i * i * 0.37 + i));
}

const faceA = { dlib: wave(128, 0.02, 0.1), faceres: wave(1024, 0.4, 0.4) };

/** The recipe's steps with constants that leave numbers to follow by hand. */
function buildRecipe(): Recipe {
  const shift = new Float32Array(129);
  shift[0] = 0.5;
  const projection = new Float32Array(2 * 129);
  projection[0] = 1;
  projection[129 + 128] = 2;
  const axes = new Float32Array(1024);
  axes[3] = 5;
  return {
    profile: { ...profiles.accurate, dimensions: 2 },
    dlibWeight: 3,
    mu: new Float32Array(1024),
    axes,
    shift,
    projection,
  };
}

describe('a template', () => {
  it('is the weighted, shifted, projected union of both nets', () => {
    const dlib = new Float32Array(128);
    dlib[0] = 7;
    const faceres = new Float32Array(1024);
    faceres[3] = 4;
    const template = templateOf(buildRecipe(), { dlib, faceres });
    // dlib gives 3 and faceres 1 of length √10; the first is shifted by a half, the second doubled.
    expect(template[0]).toBeCloseTo(3 / Math.sqrt(10) - 0.5, 6);
    expect(template[1]).toBeCloseTo(2 / Math.sqrt(10), 6);
  });

  it('does not depend on the size of the raw outputs and leaves them as they were', () => {
    const recipe = openRecipe('accurate');
    const before = faceA.dlib.slice();
    const one = templateOf(recipe, faceA);
    const other = templateOf(recipe, { dlib: faceA.dlib.map((x) => 5 * x), faceres: faceA.faceres.map((x) => x / 3) });
    other.forEach((x, i) => {
      expect(x).toBeCloseTo(one[i]!, 5);
    });
    expect(faceA.dlib).toEqual(before);
  });

  it('refuses features that are missing or of the wrong length', () => {
    expect(() => templateOf(openRecipe('accurate'), { dlib: faceA.dlib })).toThrow(/faceres/);
    expect(() => templateOf(openRecipe('fast'), { dlib: new Float32Array(127) })).toThrow(RangeError);
  });

  it('treats what faceres never gives, numbers below 0, as 0', () => {
    const root = rootFeatures(Float32Array.of(-1, 0, 4));
    expect([...root]).toEqual([0, 0, 1]);
  });
});

/** Of the first face, and its score with the second, which is the first one backwards. */
const golden = {
  accurate: { first: [0.0846, -0.019, 0.0348, -0.0355], score: 0.0818 },
  fast: { first: [0.0166, 0.0101, 0.0358, -0.0029], score: 0.1016 },
};
const faceB = { dlib: faceA.dlib.toReversed(), faceres: faceA.faceres.toReversed() };

describe.each(Object.values(profiles))('the shipped recipe $name', ({ name, dimensions, nets }) => {
  const recipe = openRecipe(name);

  it('gives fixed inputs the templates it gave when its model version was named', () => {
    const a = templateOf(recipe, faceA);
    const b = templateOf(recipe, faceB);
    golden[name].first.forEach((x, i) => {
      expect(a[i]).toBeCloseTo(x, 3);
    });
    expect(a.reduce((sum, x, i) => sum + x * b[i]!, 0)).toBeCloseTo(golden[name].score, 3);
  });

  it('has the shapes its profile says', () => {
    expect(recipe.profile.nets).toEqual(nets);
    expect(recipe.projection).toHaveLength(dimensions * recipe.shift.length);
    expect(recipe.mu).toHaveLength(nets.includes('faceres') ? 1024 : 0);
  });

  it('projects on unit vectors at right angles, as far as half precision goes', () => {
    const fused = recipe.shift.length;
    for (const [i, j] of [
      [0, 0],
      [5, 5],
      [0, 1],
      [3, 127],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < fused; k++) sum += recipe.projection[i * fused + k]! * recipe.projection[j * fused + k]!;
      expect(sum).toBeCloseTo(i === j ? 1 : 0, 2);
    }
  });
});
