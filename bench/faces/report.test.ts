import { expect, test } from 'vitest';
import { summarise } from '../shared/stats.ts';
import type { SideName } from './measure-pipelines.ts';
import { judge } from './report.ts';

const net = (ratio: number) => ({ label: 'a net', ours: summarise([ratio]), theirs: summarise([1]), ratio });
const side = (name: SideName, facesPerSecond: number) => ({
  side: name,
  photo: summarise([1]),
  faces: 1,
  facesPerSecond,
  photosPerSecond: 1,
  facesPerCpuSecond: facesPerSecond * 2,
  peakBytes: 1,
});
const bench = (ratio: number, accurate: number, fast: number) => ({
  nets: {
    runtimes: { ours: '', theirs: '' },
    nets: [net(ratio)],
    together: [{ label: 'all', ours: 1, theirs: 3, ratio }],
  },
  pipelines: [
    {
      set: 'photos',
      photos: 1,
      sides: [side('likeness accurate', accurate), side('likeness fast', fast), side('face-api', 2), side('human', 9)],
    },
  ],
});

test('a net may take two thirds of its time on tfjs-wasm, all together a third', () => {
  expect(judge(bench(0.5, 2, 6)).map(({ met }) => met)).toEqual([true, false, true, true]);
  expect(judge(bench(0.3, 2, 6)).every(({ met }) => met)).toBe(true);
  expect(judge(bench(0.7, 2, 6)).map(({ met }) => met)).toEqual([false, false, true, true]);
});

test("fast must be three times face-api's rate, accurate its equal, whatever human does", () => {
  expect(judge(bench(0.3, 1.9, 5.9)).map(({ met }) => met)).toEqual([true, true, false, false]);
});

test('a pipeline that measured nothing meets no target', () => {
  const targets = judge({ ...bench(0.3, 2, 6), pipelines: [{ set: 'photos', photos: 1, sides: [] }] });
  expect(targets.filter(({ met }) => met).map(({ text }) => text)).toHaveLength(2);
});
