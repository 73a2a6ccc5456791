import { describe, expect, it } from 'vitest';
import { linesIn, type TextMap } from './find-lines.ts';

/** A map with probability `value` wherever `inside` says. */
function mapOf(width: number, height: number, inside: (x: number, y: number) => number): TextMap {
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) values[y * width + x] = inside(x, y);
  return { width, height, values };
}

describe('the lines in a map', () => {
  it('are what hangs together above the threshold, grown, with the mean as score', () => {
    const map = mapOf(200, 100, (x, y) => (x >= 20 && x < 120 && y >= 30 && y < 40 ? 0.9 : 0.1));
    const [line, ...others] = linesIn(map);
    expect(others).toEqual([]);
    expect(line?.score).toBeCloseTo(0.9, 5);
    const distance = (100 * 10 * 1.6) / (2 * 110);
    const { length = 0, height = 0, centre } = line?.rectangle ?? {};
    expect(Math.max(length, height)).toBeCloseTo(100 + 2 * distance, 5);
    expect(Math.min(length, height)).toBeCloseTo(10 + 2 * distance, 5);
    expect(centre?.x).toBeCloseTo(70, 5);
    expect(centre?.y).toBeCloseTo(35, 5);
  });

  it.each([15, 40, 75])('follow a line that is turned by %s degrees', (degrees) => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const map = mapOf(300, 300, (x, y) => {
      const [u, v] = [(x - 150) * cos + (y - 150) * sin, (y - 150) * cos - (x - 150) * sin];
      return Math.abs(u) < 100 && Math.abs(v) < 6 ? 0.8 : 0;
    });
    const [line] = linesIn(map);
    const { along = { x: 1, y: 0 }, length = 0, height = 0 } = line?.rectangle ?? {};
    const direction = length > height ? along : { x: -along.y, y: along.x };
    const angle = ((((Math.atan2(direction.y, direction.x) * 180) / Math.PI) % 180) + 180) % 180;
    expect(Math.abs(angle - degrees)).toBeLessThan(1.5);
  });

  it('are neither faint, nor specks, nor what only touches the threshold', () => {
    expect(linesIn(mapOf(100, 50, (x) => (x < 50 ? 0.4 : 0)))).toEqual([]);
    expect(linesIn(mapOf(100, 50, (x, y) => (x < 2 && y < 2 ? 1 : 0)))).toEqual([]);
    expect(linesIn(mapOf(100, 50, () => 0.3))).toEqual([]);
  });

  it('stay apart where a row of the map is between them, and reach the borders', () => {
    const map = mapOf(120, 60, (_, y) => (y < 20 || y >= 21 ? 0.9 : 0));
    expect(linesIn(map)).toHaveLength(2);
  });

  it('are bounded in number and time on a map of thousands of specks', () => {
    const map = mapOf(1920, 1920, (x, y) => (x % 8 < 4 && y % 8 < 4 ? 0.9 : 0));
    const start = performance.now();
    expect(linesIn(map).length).toBe(2000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
