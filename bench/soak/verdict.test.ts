import { expect, test } from 'vitest';
import { judgeSoak, type SoakFigures, slopeOf } from './verdict.ts';

/** Ten minutes, looked at every second. */
const run = (over: Partial<SoakFigures> & { bytesAt?: (t: number) => number; msAt?: (t: number) => number } = {}) => {
  const { bytesAt = () => 1e9, msAt = () => 100, ...rest } = over;
  const times = Array.from({ length: 600 }, (_, t) => t);
  return judgeSoak({
    seconds: 600,
    memory: times.map((atSeconds) => ({ atSeconds, bytes: bytesAt(atSeconds) })),
    calls: times.map((atSeconds) => ({ work: 'Search', atSeconds, ms: msAt(atSeconds) })),
    errors: [],
    replaced: 0,
    ...rest,
  });
};
const passes = (findings: ReturnType<typeof run>) => findings.every(({ met }) => met);

test('a run without error, growth or drift passes, noise and all', () => {
  expect(
    passes(run({ bytesAt: (t) => 1e9 + 2e8 * Math.sin(t * 1.7), msAt: (t) => 100 + 50 * Math.sin(t * 2.3) })),
  ).toBe(true);
});

test('growth while warming up is none, growth afterwards is', () => {
  expect(passes(run({ bytesAt: (t) => Math.min(t, 100) * 1e7 }))).toBe(true);
  expect(passes(run({ bytesAt: (t) => 1e9 + t * 2e5 }))).toBe(false);
  expect(passes(run({ bytesAt: (t) => 1e9 - t * 2e5 }))).toBe(true);
});

test('calls that become slower fail, and one error, and a worker that was replaced', () => {
  expect(passes(run({ msAt: (t) => 100 + t / 2 }))).toBe(false);
  expect(passes(run({ msAt: (t) => 200 - t / 6 }))).toBe(true);
  expect(passes(run({ errors: [{ what: 'it broke', times: 1 }] }))).toBe(false);
  expect(passes(run({ replaced: 1 }))).toBe(false);
});

test('a run that measured nothing does not pass', () => {
  expect(passes(run({ memory: [] }))).toBe(false);
  expect(passes(run({ calls: [] }))).toBe(false);
});

test('the slope is that of the line, in bytes a second', () => {
  expect(slopeOf([0, 1, 2, 5].map((atSeconds) => ({ atSeconds, bytes: 7 + 3 * atSeconds })))).toBeCloseTo(3);
});
