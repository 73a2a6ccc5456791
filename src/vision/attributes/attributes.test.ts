import { describe, expect, it } from 'vitest';
import { ageRangeOf, genderOf } from './age-and-gender.ts';
import { mergeEmotions, rankEmotions } from './emotions.ts';
import { frameOf } from './face-frame.ts';
import { eyeDirectionOf } from './gaze.ts';
import { judge } from './judgement.ts';
import { eyesOpenOf, mouthGapOf, mouthOpenOf, smileOf } from './mouth-and-eyes.ts';
import { normaliseFeature, openProbes, PROBE_FIELDS, probeLogits } from './probes.ts';
import { combineProbes, wornAndGrown } from './worn-and-grown.ts';

/** Ages with all weight on the given years. */
function ages(weights: Readonly<Record<number, number>>): Float32Array {
  const age = new Float32Array(100);
  for (const [year, weight] of Object.entries(weights)) age[Number(year)] = weight;
  return age;
}

interface FaceShape {
  /** Pixels between the outer corners of the eyes. */
  readonly eyeSpan?: number;
  /** Pixels between the lips. */
  readonly lipGap?: number;
  /** Pixels that the corners of the mouth stand above its middle. */
  readonly lift?: number;
  /** Degrees that the head is turned towards the image's right. */
  readonly yaw?: number;
}

/** A mesh with just the points that attributes read: a flat face that looks into the camera until it is turned. */
function mesh({ eyeSpan = 90, lipGap = 0, lift = 0, yaw = 0 }: FaceShape = {}): Float32Array {
  const k = eyeSpan / 90;
  const points: Readonly<Record<number, readonly [number, number]>> = {
    33: [-45, 0],
    133: [-15, 0],
    362: [15, 0],
    263: [45, 0],
    10: [0, -60],
    152: [0, 100],
    13: [0, 60 - lipGap / 2],
    14: [0, 60 + lipGap / 2],
    78: [-20, 60],
    308: [20, 60],
    61: [-25, 60 - lift],
    291: [25, 60 - lift],
  };
  const out = new Float32Array(468 * 3);
  const turn = (yaw * Math.PI) / 180;
  for (const [index, [x, y]] of Object.entries(points)) {
    out.set([200 + x * k * Math.cos(turn), 200 + y * k, x * k * Math.sin(turn)], Number(index) * 3);
  }
  return out;
}

/** An iris whose centre is so far from the middle of an eye's corners. */
function iris(eyeX: number, dx: number, dy: number): Float32Array {
  return Float32Array.from([200 + eyeX + dx, 200 + dy, 0, 0, 0, 0, 0, 0, 0, 0]);
}

function anatomy(dx: number, dy: number, options: { openness?: number; left?: number; shape?: FaceShape } = {}) {
  const points = mesh(options.shape);
  const eyeX = 30 * Math.cos(((options.shape?.yaw ?? 0) * Math.PI) / 180);
  return {
    mesh: points,
    meshFlag: 1,
    box: { x0: 0, y0: 0, x1: 1, y1: 1 },
    iris: { left: iris(-eyeX, options.left ?? dx, dy), right: iris(eyeX, dx, dy), openness: options.openness ?? 0.22 },
  };
}

describe('judge', () => {
  it('is fifty-fifty at even odds and never wholly sure', () => {
    expect(judge(0)).toEqual({ value: true, confidence: 50 });
    expect(judge(-1e-9).value).toBe(false);
    expect(judge(80).confidence).toBeLessThan(100);
    expect(judge(-2).confidence).toBeCloseTo(judge(2).confidence, 10);
  });
});

describe('ageRangeOf', () => {
  it('spans the middle three fifths of the distribution', () => {
    expect(ageRangeOf(new Float32Array(100).fill(0.01))).toEqual({ low: 20, high: 80 });
    expect(ageRangeOf(ages({ 20: 0.5, 50: 0.5 }))).toEqual({ low: 20, high: 51 });
  });

  it('is at least four years wide and inside 0..100, even for newborns and the oldest', () => {
    expect(ageRangeOf(ages({ 0: 1 }))).toEqual({ low: 0, high: 4 });
    expect(ageRangeOf(ages({ 99: 1 }))).toEqual({ low: 96, high: 100 });
    expect(ageRangeOf(ages({ 40: 1 }))).toEqual({ low: 39, high: 43 });
  });

  it('does not depend on the scale of the distribution', () => {
    const age = ages({ 30: 0.2, 33: 0.3, 39: 0.4, 45: 0.1 });
    expect(ageRangeOf(age.map((p) => p * 7))).toEqual(ageRangeOf(age));
  });
});

describe('genderOf', () => {
  it('is sure at the ends and undecided a little above the middle of the output', () => {
    expect(genderOf(0.98)).toMatchObject({ value: 'Male' });
    expect(genderOf(0.98).confidence).toBeGreaterThan(99);
    expect(genderOf(0.05)).toMatchObject({ value: 'Female' });
    expect(genderOf(0.05).confidence).toBeGreaterThan(99);
    expect(genderOf(0.55).value).toBe('Female');
    expect(genderOf(0.58).confidence).toBeCloseTo(50, 5);
  });
});

describe('emotions', () => {
  const neutral = [1, 0, 0, 0, 0, 0, 0];
  const happy = [0, 0, 0, 1, 0, 0, 0];

  it('are the mean of both nets over chip and mirror image, each net in its own order', () => {
    const expression = Float32Array.from([...neutral, ...neutral]);
    const emotion = Float32Array.from([...happy, ...happy]);
    expect(mergeEmotions(expression, emotion, 0)).toEqual({
      CALM: 0.5,
      HAPPY: 0.5,
      SAD: 0,
      ANGRY: 0,
      FEAR: 0,
      DISGUSTED: 0,
      SURPRISED: 0,
    });
  });

  it('read the rows of the face that is meant', () => {
    const other = new Array(14).fill(1 / 7);
    const expression = Float32Array.from([...other, ...neutral, 0, 1, 0, 0, 0, 0, 0]);
    const emotion = Float32Array.from([...other, ...happy, ...happy]);
    expect(mergeEmotions(expression, emotion, 1)).toMatchObject({ CALM: 0.25, HAPPY: 0.75 });
  });

  it('come strongest first and sum to 100', () => {
    const ranked = rankEmotions({
      CALM: 0.2,
      HAPPY: 0.1,
      SAD: 0.4,
      ANGRY: 0.05,
      FEAR: 0.05,
      DISGUSTED: 0.1,
      SURPRISED: 0.1,
    });
    expect(ranked.map(({ type }) => type).slice(0, 2)).toEqual(['SAD', 'CALM']);
    expect(ranked).toHaveLength(7);
    expect(ranked.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(100, 6);
  });
});

describe('mouth', () => {
  it('is measured by the gap between the lips over its inner width, whatever the size of the face', () => {
    expect(mouthGapOf(mesh({ lipGap: 8 }))).toBeCloseTo(0.2, 5);
    expect(mouthGapOf(mesh({ lipGap: 8, eyeSpan: 30 }))).toBeCloseTo(0.2, 5);
  });

  it('is closed when the lips touch and open when they part', () => {
    expect(mouthOpenOf(mesh()).value).toBe(false);
    expect(mouthOpenOf(mesh({ lipGap: 1 })).value).toBe(false);
    expect(mouthOpenOf(mesh({ lipGap: 10 }))).toMatchObject({ value: true });
    expect(mouthOpenOf(mesh({ lipGap: 16 })).confidence).toBeGreaterThan(mouthOpenOf(mesh({ lipGap: 10 })).confidence);
  });

  it('smiles when the face is happy; lifted corners decide only where happiness does not', () => {
    const smile = (lift: number, happy: number) => smileOf(mesh({ lift }), frameOf(mesh({ lift })), happy).value;
    expect(smile(0, 0.9)).toBe(true);
    expect(smile(5, 0.5)).toBe(true);
    expect(smile(-3, 0.5)).toBe(false);
    expect(smile(12, 0.1)).toBe(false);
  });
});

describe('eyes', () => {
  it('are open above a gap of the lids that laughing lowers', () => {
    expect(eyesOpenOf(0.22, 0)).toMatchObject({ value: true });
    expect(eyesOpenOf(0.05, 0)).toMatchObject({ value: false });
    expect(eyesOpenOf(0.095, 0).value).toBe(false);
    expect(eyesOpenOf(0.095, 1).value).toBe(true);
  });

  const gaze = (...args: Parameters<typeof anatomy>) => {
    const face = anatomy(...args);
    return eyeDirectionOf(face, frameOf(face.mesh));
  };

  it('look into the camera when the irises are in the middle of a face that does', () => {
    expect(Math.abs(gaze(0, -0.6)?.yaw ?? 90)).toBeLessThan(1);
    expect(Math.abs(gaze(0, -0.6)?.pitch ?? 90)).toBeLessThan(1);
  });

  it('look right and up of the image when the irises lie there', () => {
    expect(gaze(4, -5)?.yaw).toBeGreaterThan(15);
    expect(gaze(4, -5)?.pitch).toBeGreaterThan(15);
  });

  it('look where a turned head points when they are turned with it, and into the camera when they are turned back', () => {
    const shape = { yaw: 30 };
    const side = Math.sign(frameOf(mesh(shape)).forward[0]);
    expect(side * (gaze(side * 2.5, -0.6, { shape })?.yaw ?? 0)).toBeGreaterThan(20);
    expect(Math.abs(gaze(side * -2.5, -0.6, { shape })?.yaw ?? 90)).toBeLessThan(3);
  });

  it('have no direction when shut, hidden, small or at odds with each other', () => {
    expect(gaze(0, 0, { openness: 0.05 })).toBeUndefined();
    expect(gaze(0, 0, { shape: { yaw: 60 } })).toBeUndefined();
    expect(gaze(0, 0, { shape: { eyeSpan: 15 } })).toBeUndefined();
    expect(gaze(7, 0, { left: -7 })).toBeUndefined();
    const face = anatomy(0, 0);
    expect(eyeDirectionOf({ mesh: face.mesh, meshFlag: 1, box: face.box }, frameOf(face.mesh))).toBeUndefined();
  });
});

describe('probes', () => {
  it('come with Likeness, one for each field, calibrated and better than guessing', () => {
    const { probes, mean } = openProbes();
    expect(probes.map(({ field }) => field)).toEqual(PROBE_FIELDS);
    expect(mean).toHaveLength(1024);
    for (const { weights } of probes) expect(weights).toHaveLength(1024);
  });

  it('take the log-odds as weights times the normalised, centred feature plus bias', () => {
    const probes = {
      mean: Float32Array.from([0.5, 0]),
      featureScale: 2,
      probes: [{ field: 'beard' as const, weights: Float32Array.from([1, 10]), bias: -1 }],
    };
    // the square roots 3 and 4 become .6 and .8
    expect(probeLogits(probes, Float32Array.from([9, 16])).beard).toBeCloseTo(2 * (0.1 + 8) - 1, 5);
  });

  it('see the direction of a feature only, not its length', () => {
    const feature = Float32Array.from({ length: 1024 }, (_, k) => (k * 7919) % 13);
    const a = probeLogits(openProbes(), feature);
    const b = probeLogits(
      openProbes(),
      feature.map((x) => 3 * x),
    );
    for (const field of PROBE_FIELDS) expect(a[field]).toBeCloseTo(b[field], 3);
    expect(Math.hypot(...normaliseFeature(feature))).toBeCloseTo(1, 5);
  });

  it('never tell eyeglasses and sunglasses of one face', () => {
    const both = combineProbes({ eyeglasses: 3, sunglasses: 3, beard: 0, mustache: 0 }, 1);
    expect(both.sunglasses).toBe(3);
    expect(both.eyeglasses).toBeLessThan(0);
    expect(combineProbes({ eyeglasses: 3, sunglasses: -9, beard: 0, mustache: 0 }, 1).eyeglasses).toBeCloseTo(3, 2);
  });

  it('take a shadow on a face that does not look male for no beard', () => {
    const logits = { eyeglasses: -5, sunglasses: -5, beard: 2, mustache: 2 };
    expect(combineProbes(logits, 0.98).beard).toBeGreaterThan(1.5);
    expect(combineProbes(logits, 0.1).beard).toBeLessThan(0);
    expect(combineProbes(logits, 0.1).mustache).toBeLessThan(0);
  });

  it('stay silent about faces that are too small or turned too far', () => {
    const face = { feature: new Float32Array(1024).fill(1), male: 0.5 };
    expect(Object.keys(wornAndGrown(openProbes(), face, frameOf(mesh()))).sort()).toEqual([...PROBE_FIELDS].sort());
    expect(wornAndGrown(openProbes(), face, frameOf(mesh({ eyeSpan: 10 })))).toEqual({});
    expect(wornAndGrown(openProbes(), face, frameOf(mesh({ yaw: 70 })))).toEqual({});
  });
});
