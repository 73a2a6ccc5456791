import { describe, expect, it } from 'vitest';
import { readData } from '../../shared/package-root.ts';
import { pyramidOf, type Raster } from '../align/raster.ts';
import type { QualityFilter } from '../faces.ts';
import { MESH_POINTS } from '../landmarks/facemesh.ts';
import { faultsOf, gradeOf, type QualityTable } from './filter.ts';
import { measureQuality } from './measure.ts';

const TABLE = readData<{ filters: QualityTable }>('quality.json').filters;
const STRICTER: readonly Exclude<QualityFilter, 'NONE'>[] = ['LOW', 'AUTO', 'MEDIUM', 'HIGH'];

/** A face that passes every filter in a photo of 1000 x 1000 pixels. */
const GOOD = {
  box: { left: 0.2, top: 0.2, width: 0.3, height: 0.4 },
  confidence: 99.9,
  pose: { roll: 170, yaw: 2, pitch: -3 },
  quality: { brightness: 50, sharpness: 80 },
};
type Face = typeof GOOD;
const faults = (face: Face, filter: QualityFilter = 'AUTO') => faultsOf(TABLE, filter, face, 1000, 1000);

describe('a quality filter', () => {
  it.each(STRICTER)('%s takes a large, sharp, frontal face however it is rolled', (filter) => {
    expect(faults(GOOD, filter)).toEqual([]);
  });

  it.each([
    ['LOW_CONFIDENCE', { ...GOOD, confidence: 30 }],
    ['SMALL_BOUNDING_BOX', { ...GOOD, box: { ...GOOD.box, width: 0.01 } }],
    ['LOW_BRIGHTNESS', { ...GOOD, quality: { brightness: 1, sharpness: 80 } }],
    ['LOW_SHARPNESS', { ...GOOD, quality: { brightness: 50, sharpness: 0 } }],
    ['EXTREME_POSE', { ...GOOD, pose: { roll: 0, yaw: -85, pitch: 0 } }],
  ] as const)('names %s alone when only that is wrong', (reason, face) => {
    expect(faults(face)).toEqual([reason]);
  });

  it('names everything that is wrong', () => {
    const face = { ...GOOD, confidence: 1, quality: { brightness: 0, sharpness: 0 } };
    expect(faults(face)).toEqual(['LOW_CONFIDENCE', 'LOW_BRIGHTNESS', 'LOW_SHARPNESS']);
  });

  it('NONE takes everything', () => {
    const worst = { ...GOOD, confidence: 0, quality: { brightness: 0, sharpness: 0 } };
    expect(faults(worst, 'NONE')).toEqual([]);
  });

  it('asks for more from LOW over AUTO and MEDIUM to HIGH, in every measurement', () => {
    STRICTER.slice(1).forEach((filter, i) => {
      const mild = TABLE[STRICTER[i]!];
      const strict = TABLE[filter];
      for (const key of ['minConfidence', 'minBoxPixels', 'minBrightness', 'minSharpness'] as const) {
        expect(strict[key], `${filter} ${key}`).toBeGreaterThanOrEqual(mild[key]);
      }
      for (const key of ['maxBrightness', 'maxYaw', 'maxPitch'] as const) {
        expect(strict[key], `${filter} ${key}`).toBeLessThanOrEqual(mild[key]);
      }
    });
  });
});

describe('the grade', () => {
  const grade = (face: Face) => gradeOf(TABLE, face, 1000, 1000);

  it('is 1 for whatever passes HIGH', () => {
    expect(grade(GOOD)).toBe(1);
  });

  it('falls as a face turns away, blurs or shrinks', () => {
    expect(grade({ ...GOOD, pose: { roll: 0, yaw: 60, pitch: 0 } })).toBeLessThan(1);
    expect(grade({ ...GOOD, quality: { brightness: 50, sharpness: 10 } })).toBeLessThan(
      grade({ ...GOOD, quality: { brightness: 50, sharpness: 20 } }),
    );
    expect(grade({ ...GOOD, box: { ...GOOD.box, width: 0.02 } })).toBeLessThan(1);
  });
});

/** Blocks of grey whose size and level are given: fine blocks are sharp, coarse ones are not. */
function blocks(side: number, low: number, high: number): Raster {
  const data = new Uint8Array(200 * 200 * 3);
  for (let i = 0; i < 200 * 200; i++) {
    const odd = (Math.floor((i % 200) / side) + Math.floor(i / 200 / side)) % 2 === 1;
    data.fill(odd ? high : low, i * 3, i * 3 + 3);
  }
  return { width: 200, height: 200, data };
}

/** A mesh that fills the middle of a 200 pixel photo. */
function middleMesh(): Float32Array {
  const mesh = new Float32Array(MESH_POINTS * 3);
  for (let i = 0; i < MESH_POINTS; i++) mesh.set([i % 2 === 0 ? 50 : 150, i % 3 === 0 ? 50 : 150, 0], i * 3);
  mesh.set([60, 90, 0], 33 * 3);
  mesh.set([140, 90, 0], 263 * 3);
  return mesh;
}

describe('measured quality', () => {
  const measure = (image: Raster) => measureQuality(pyramidOf(image), middleMesh());

  it('calls the mean luma brightness', () => {
    expect(measure(blocks(10, 0, 0)).brightness).toBeCloseTo(0, 3);
    expect(measure(blocks(10, 255, 255)).brightness).toBeCloseTo(100, 3);
    expect(measure(blocks(10, 51, 51)).brightness).toBeCloseTo(20, 1);
  });

  it('finds fine detail sharper than coarse, whatever the contrast', () => {
    const fine = measure(blocks(4, 60, 200)).sharpness;
    const coarse = measure(blocks(40, 60, 200)).sharpness;
    const faint = measure(blocks(4, 110, 150)).sharpness;
    expect(fine).toBeGreaterThan(coarse);
    expect(Math.abs(faint - fine)).toBeLessThan(3);
  });

  it('gives a face without any detail no sharpness', () => {
    expect(measure(blocks(200, 90, 90)).sharpness).toBe(0);
  });
});
