import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../src/vision/recipe/constants.ts';
import { profiles } from '../../src/vision/recipe/profiles.ts';
import { templateOf } from '../../src/vision/recipe/template.ts';
import { seededRandom } from '../faces/random.ts';
import { crossValidatedScores } from './cross-validate.ts';
import { type LearningParameters, learnRecipe, type TrainingSet, templatesOf, trainingSet } from './learn.ts';
import { dotRows, type Matrix, rowOf, zeros32 } from './matrix.ts';

const parameters: LearningParameters = {
  dlibWeight: 3,
  components: 16,
  whitening: 0.3,
  neighbours: 3,
  ridge: 1,
  slopeShare: 0.5,
  dimensions: 12,
};

/** People scattered about one centre, and one crowd of people who resemble each other. */
function syntheticFaces({ people = 60, faces = 2, crowd = 20, dims = { dlib: 128, faceres: 1024 } } = {}) {
  const random = seededRandom(7);
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = (columns: number): Matrix<Float32Array> => {
    const out = zeros32(people * faces, columns);
    const centre = Float32Array.from({ length: columns }, () => 0.5 + random());
    const resemblance = Float32Array.from({ length: columns }, () => gauss() * 0.3);
    for (let person = 0; person < people; person++) {
      const inCrowd = person < crowd;
      const own = Float32Array.from({ length: columns }, () => gauss() * (inCrowd ? 0.1 : 0.35));
      for (let face = 0; face < faces; face++) {
        const row = rowOf(out, person * faces + face);
        for (let k = 0; k < columns; k++) {
          const value = centre[k]! + own[k]! + (inCrowd ? resemblance[k]! : 0) + gauss() * 0.05;
          row[k] = Math.max(value, 0);
        }
      }
    }
    return out;
  };
  const ids = Int32Array.from({ length: people * faces }, (_, i) => Math.floor(i / faces));
  return { raw: { dlib: draw(dims.dlib), faceres: draw(dims.faceres) }, people: ids };
}

const { raw, people } = syntheticFaces();
const all = [...people.keys()];

describe('learning a recipe', () => {
  it('finds the axes along which faces differ', () => {
    // Faces differ along two known directions only: four times as much along the first.
    const random = seededRandom(3);
    const faceres = zeros32(400, 64);
    for (let i = 0; i < 400; i++) {
      const row = rowOf(faceres, i).fill(0.1);
      row[10] = 0.5 + 0.08 * (random() - 0.5);
      row[20] = 0.5 + 0.02 * (random() - 0.5);
    }
    const dlib: Matrix<Float32Array> = {
      rows: 400,
      columns: 128,
      data: Float32Array.from({ length: 400 * 128 }, random),
    };
    const set: TrainingSet = { dlib, faceres, people: Int32Array.from({ length: 400 }, (_, i) => i) };
    const { axes } = learnRecipe(set, [...set.people.keys()], {
      ...parameters,
      components: 2,
      whitening: 0,
      dimensions: 2,
    });
    expect(axes[10]).toBeCloseTo(1, 3);
    expect(axes[64 + 20]).toBeCloseTo(1, 3);
  });

  it('gives the templates that the pipeline computes from the same constants', () => {
    const random = seededRandom(11);
    const draw = (length: number) => Float32Array.from({ length }, () => (random() - 0.5) / 10);
    const constants = {
      dlibWeight: 3,
      mu: draw(1024),
      axes: draw(16 * 1024),
      shift: draw(144),
      projection: draw(12 * 144),
    };
    const recipe: Recipe = { ...constants, profile: { ...profiles.accurate, dimensions: 12 } };
    const templates = templatesOf(trainingSet(raw, people), constants);
    for (const i of [0, 41, 119]) {
      const single = templateOf(recipe, { dlib: rowOf(raw.dlib, i), faceres: rowOf(raw.faceres, i) });
      single.forEach((x, k) => {
        expect(x).toBeCloseTo(rowOf(templates, i)[k]!, 5);
      });
    }
  });

  it('lets the shift lower the scores of people of a crowd against those of loners', () => {
    const set = trainingSet({ dlib: raw.dlib }, people);
    const excess = (slopeShare: number): number => {
      const templates = templatesOf(set, learnRecipe(set, all, { ...parameters, slopeShare }));
      const scores = dotRows(templates, templates);
      const mean = (from: number, to: number): number => {
        const found: number[] = [];
        for (let i = from; i < to; i++) {
          for (let j = from; j < to; j++) if (people[i] !== people[j]) found.push(scores.data[i * scores.columns + j]!);
        }
        return found.reduce((sum, x) => sum + x, 0) / found.length;
      };
      return mean(0, 40) - mean(40, 120);
    };
    expect(excess(0.5)).toBeLessThan(excess(0) - 0.005);
  });

  it('learns from dlib alone when there is nothing else', () => {
    const set = trainingSet({ dlib: raw.dlib }, people);
    const learned = learnRecipe(set, all, parameters);
    expect(learned.axes).toHaveLength(0);
    expect(learned.shift).toHaveLength(128);
    expect(learned.projection).toHaveLength(12 * 128);
  });
});

describe('cross-validated scores', () => {
  it('are learned without the people of either face', () => {
    const set = trainingSet({ dlib: raw.dlib }, people);
    const folds = people.map((person) => person % 3);
    const used: number[][] = [];
    crossValidatedScores(set, folds, (rows) => {
      used.push([...new Set(rows.map((row) => folds[row]!))].sort());
      return learnRecipe(set, rows, parameters);
    });
    expect(used).toEqual([[1, 2], [2], [1], [0, 2], [0], [0, 1]]);
  });

  it('are the same in both directions, about 0 between different people, and -Infinity without a face', () => {
    const set = trainingSet({ dlib: raw.dlib }, people);
    const folds = people.map((person) => person % 3);
    folds[5] = -1;
    const scores = crossValidatedScores(set, folds, (rows) => learnRecipe(set, rows, parameters));
    const n = folds.length;
    expect(scores.data[3 * n + 90]).toBe(scores.data[90 * n + 3]);
    expect(scores.data[5 * n + 7]).toBe(Number.NEGATIVE_INFINITY);
    let sum = 0;
    let count = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (people[i] === people[j] || folds[i]! < 0 || folds[j]! < 0) continue;
        sum += scores.data[i * n + j]!;
        count++;
      }
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.01);
    expect(scores.data[0 * n + 1]).toBeGreaterThan(0.01);
  });
});
