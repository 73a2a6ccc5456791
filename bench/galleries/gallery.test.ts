import { describe, expect, it } from 'vitest';
import { openGallery, readStatistics } from './gallery.ts';
import { deviations, GREATEST_DEVIATION, quantilesOfGallery } from './quantiles.ts';
import { Draws, normalQuantile, normalTable } from './random-numbers.ts';

const statistics = readStatistics();
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

describe('a synthetic gallery', () => {
  it('scores its people with others and with themselves as the templates do that it was fitted on', () => {
    const synthetic = quantilesOfGallery(openGallery(statistics, { seed: 5 }), 2000);
    for (const { what, by } of deviations(statistics.measured, synthetic)) {
      expect(Math.abs(by), what).toBeLessThanOrEqual(GREATEST_DEVIATION);
    }
    // People are taken for others more unequally than real ones: a search has more candidates, not fewer.
    expect(synthetic.hubness).toBeGreaterThan(statistics.measured.hubness);
    expect(synthetic.hubness).toBeLessThan(2.5 * statistics.measured.hubness);
  });

  it('makes person and photo by number, in any order, and others by another seed', () => {
    const gallery = openGallery(statistics, { seed: 1 });
    const late = gallery.template(19_999_999);
    const mate = gallery.mate(3, 2);
    const again = openGallery(statistics, { seed: 1 });
    const out = new Float32Array(3 * 128);
    again.write(0, out, 128);
    expect(again.template(19_999_999)).toEqual(late);
    expect(again.mate(3, 2)).toEqual(mate);
    expect(out.subarray(128, 256)).toEqual(gallery.template(0));
    expect(out.subarray(0, 128).every((x) => x === 0)).toBe(true);
    expect(openGallery(statistics, { seed: 2 }).template(0)).not.toEqual(gallery.template(0));
    expect(gallery.mate(3, 1)).not.toEqual(mate);
  });

  it('turns templates without changing a score, and spreads what the first dimension had', () => {
    const plain = openGallery(statistics, { seed: 7 });
    const turned = openGallery(statistics, { seed: 7, turned: true });
    const [a, b] = [turned.template(10), turned.mate(11)];
    expect(dot(a, b)).toBeCloseTo(dot(plain.template(10), plain.mate(11)), 5);
    for (const [i, x] of turned.turn(plain.template(10)).entries()) expect(x).toBeCloseTo(a[i] ?? 0, 6);
    expect(plain.template(10)[0]).toBeGreaterThan(0.75);
    expect(Math.max(...a.map(Math.abs))).toBeLessThan(0.75);
  });

  it('repeats nobody among 50,000 people', () => {
    const gallery = openGallery(statistics, { seed: 3 });
    const out = new Float32Array(128);
    const seen = new Set<string>();
    for (let person = 0; person < 50_000; person++) {
      gallery.write(person, out);
      seen.add(`${out[1]} ${out[2]} ${out[3]}`);
    }
    expect(seen.size).toBe(50_000);
  });
});

describe('normal deviates', () => {
  it('have the quantiles, mean and variance of the normal distribution', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 7);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 7);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 12);
    const table = normalTable();
    const draws = new Draws();
    let [sum, squares, products, last] = [0, 0, 0, 0];
    const count = 400_000;
    for (let i = 0; i < count; i++) {
      if (i % 64 === 0) draws.begin(9, i);
      const x = table[draws.bits() & 0xffff] as number;
      sum += x;
      squares += x * x;
      products += x * last;
      last = x;
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.01);
    expect(squares / count).toBeCloseTo(1, 1);
    expect(Math.abs(products / count)).toBeLessThan(0.01);
  });
});
