import { describe, expect, it } from 'vitest';
import { seededRandom } from '../faces/random.ts';
import { type LabelledFace, readLabels } from './labelled-faces.ts';
import { fitLogistic, fitPlatt, scalingOf, scoreOf } from './logistic.ts';
import { areaUnderRoc, figuresOf, foldsOf, trainProbes } from './train-probes.ts';

/** Faces whose first features tell each field, in noise; two faces a person. */
function syntheticFaces(count: number): LabelledFace[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, i): LabelledFace => {
    const bit = () => (random() < 0.4 ? 1 : 0);
    const sunglasses = bit();
    const labels = { sunglasses, eyeglasses: sunglasses ? 0 : bit(), beard: bit(), mustache: bit() } as const;
    const signal = [labels.eyeglasses, labels.sunglasses, labels.beard, labels.mustache];
    const feature = Float32Array.from({ length: 24 }, (_, k) => random() + 1.5 * (signal[k] ?? 0));
    return { labels, person: Math.floor(i / 2), male: 0.99, feature };
  });
}

describe('logistic regression', () => {
  it('finds the odds behind labels that were drawn from them', () => {
    const random = seededRandom(1);
    const features = Array.from({ length: 4000 }, () => Float32Array.from([random() - 0.5, random() - 0.5]));
    const labels = features.map(([x = 0]) => (random() < 1 / (1 + Math.exp(-(4 * x + 1))) ? 1 : 0));
    const model = fitLogistic({ features, labels }, scalingOf(features), 1e-6);
    const score = (x: number, y: number) => scoreOf(model, Float32Array.from([x, y]));
    expect(score(0.5, 0) - score(-0.5, 0)).toBeCloseTo(4, 0);
    expect(Math.abs(score(0, 0.5) - score(0, -0.5))).toBeLessThan(0.5);
    expect(score(0, 0)).toBeCloseTo(1, 0);
  });

  it('is kept small by its ridge', () => {
    const features = [Float32Array.from([-1]), Float32Array.from([1])];
    const rows = { features, labels: [0, 1] };
    const spread = (ridge: number) => scoreOf(fitLogistic(rows, scalingOf(features), ridge), Float32Array.from([1]));
    expect(spread(1)).toBeLessThan(spread(0.01));
    expect(spread(1)).toBeGreaterThan(0);
  });
});

describe('Platt scaling', () => {
  it('stretches scores that are too modest and shifts those that lean', () => {
    const random = seededRandom(3);
    const truth = Array.from({ length: 4000 }, () => 8 * (random() - 0.5));
    const labels = truth.map((z) => (random() < 1 / (1 + Math.exp(-z)) ? 1 : 0));
    const { slope, offset } = fitPlatt(
      truth.map((z) => z / 2 + 1),
      labels,
    );
    expect(slope).toBeCloseTo(2, 0);
    expect(offset).toBeCloseTo(-2, 0);
  });
});

describe('figures', () => {
  it('count ties half in the area under the curve', () => {
    expect(areaUnderRoc([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1);
    expect(areaUnderRoc([4, 3, 2, 1], [0, 0, 1, 1])).toBe(0);
    expect(areaUnderRoc([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
  });

  it('balance accuracy between the rare and the frequent', () => {
    const figures = figuresOf([1, -1, -1, -1, -1], [1, 1, 0, 0, 0]);
    expect(figures).toMatchObject({ positives: 2, negatives: 3, accuracy: 0.8, balancedAccuracy: 0.75 });
  });
});

describe('cross-validation', () => {
  it('keeps all faces of a person in one fold, and the folds alike in size', () => {
    const people = Array.from({ length: 500 }, (_, i) => Math.floor(i / 2));
    const folds = foldsOf(people);
    for (let i = 0; i < people.length; i += 2) expect(folds[i]).toBe(folds[i + 1]);
    for (let fold = 0; fold < 5; fold++) expect(folds.filter((f) => f === fold)).toHaveLength(100);
  });

  it('finds what can be learned, on people it did not learn from', () => {
    const trained = trainProbes(syntheticFaces(400));
    for (const { crossValidated } of trained) {
      expect(crossValidated.auc).toBeGreaterThan(0.95);
      expect(crossValidated.balancedAccuracy).toBeGreaterThan(0.85);
    }
  });

  it('finds nothing where there is nothing to learn', () => {
    const random = seededRandom(11);
    const faces = syntheticFaces(400).map((face) => ({
      ...face,
      feature: Float32Array.from({ length: 24 }, () => random()),
    }));
    for (const { crossValidated } of trainProbes(faces)) expect(crossValidated.auc).toBeLessThan(0.65);
  });
});

describe('the labels', () => {
  it('are of images named by digest only, and nobody wears both kinds of glasses', () => {
    const labels = readLabels();
    expect(labels.size).toBeGreaterThan(600);
    for (const [sha256, { eyeglasses, sunglasses }] of labels) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(eyeglasses === 1 && sunglasses === 1).toBe(false);
    }
  });
});
