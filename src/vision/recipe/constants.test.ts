import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type RecipeHeader, recipeFrom } from './constants.ts';
import { RecipeCorruptError } from './errors.ts';
import { encodeHalf } from './half-precision.ts';

const bytes = encodeHalf(Float32Array.from({ length: 128 + 128 * 128 }, (_, i) => (i % 100) / 100));

function buildHeader(changes: Partial<RecipeHeader> = {}): RecipeHeader {
  return {
    format: 1,
    profile: 'fast',
    modelVersion: '1.1',
    dlibWeight: 3,
    binary: { file: 'recipe-fast.f16', sha256: createHash('sha256').update(bytes).digest('hex') },
    arrays: [
      { name: 'shift', shape: [128] },
      { name: 'projection', shape: [128, 128] },
    ],
    meanImpostorScore: 0.7,
    learnedWith: {},
    provenance: {},
    crossValidated: {},
    ...changes,
  };
}

describe('a recipe read from disk', () => {
  it('holds the arrays that its header names, in their order', () => {
    const recipe = recipeFrom('fast', buildHeader(), bytes);
    expect(recipe.shift[99]).toBeCloseTo(0.99, 3);
    expect(recipe.projection[1]).toBeCloseTo(0.29, 3);
    expect(recipe.mu).toHaveLength(0);
  });

  it('is refused when one byte has changed', () => {
    const changed = bytes.slice();
    changed[1000] = (changed[1000] ?? 0) ^ 1;
    expect(() => recipeFrom('fast', buildHeader(), changed)).toThrow(RecipeCorruptError);
  });

  it('is refused when it belongs to another model version', () => {
    expect(() => recipeFrom('fast', buildHeader({ modelVersion: 'likeness-2-fast' }), bytes)).toThrow(
      /likeness-2-fast/,
    );
    expect(() => recipeFrom('accurate', buildHeader(), bytes)).toThrow(RecipeCorruptError);
  });

  it('is refused when its arrays leave numbers over or do not fit each other', () => {
    const short = [{ name: 'shift', shape: [128] }] as const;
    expect(() => recipeFrom('fast', buildHeader({ arrays: short }), bytes)).toThrow(/holds/);
    const turned = [
      { name: 'projection', shape: [128] },
      { name: 'shift', shape: [128, 128] },
    ] as const;
    expect(() => recipeFrom('fast', buildHeader({ arrays: turned }), bytes)).toThrow(/do not fit/);
  });
});
