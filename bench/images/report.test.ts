import { describe, expect, it } from 'vitest';
import { summarise } from '../shared/stats.ts';
import { describeBench, type ImageBench, judge } from './report.ts';

const side = (ms: number, right: number) => ({
  name: 'a reader',
  runtime: 'a runtime',
  ms: summarise([ms]),
  right,
  rightStraight: 1,
});
const bench: ImageBench = {
  machine: {
    cpu: 'a cpu',
    cores: 2,
    memoryGiB: 8,
    system: 'linux x64',
    node: 'v20',
    onnxruntime: '1',
    sharp: '1',
    load: 9,
  },
  operations: {
    workers: 2,
    photos: 3,
    peakBytes: 1_500_000_000,
    rows: [
      {
        operation: 'DetectFaces',
        ms: summarise([10, 20, 30]),
        imagesPerSecond: [
          { clients: 1, rate: 12.34 },
          { clients: 4, rate: 20 },
        ],
      },
    ],
  },
  nets: {
    runtimes: { ours: 'onnx', theirs: 'wasm' },
    nets: [{ label: 'labels', ours: summarise([10]), theirs: summarise([40]), ratio: 0.25 }],
    together: [],
  },
  text: { pictures: 5, words: 40, straightWords: 8, ours: side(90, 39), theirs: [side(80, 10), side(200, 20)] },
};

describe('the report of image operations', () => {
  it('holds each figure against its target', () => {
    expect(judge(bench).map(({ reached, met }) => [Number(reached.toFixed(3)), met])).toEqual([
      [4, true],
      [0.889, false],
      [1.95, false],
    ]);
    expect(judge({})).toEqual([]);
  });

  it('tells what was measured, and that other work disturbed it', () => {
    const text = describeBench(bench, judge(bench));
    expect(text).toMatch(/other work disturbed/);
    expect(text).toMatch(/DetectFaces +20\.0 +29\.0 +12\.3 +20\.0/);
    expect(text).toMatch(/held 1500 MB at most/);
    expect(text).toMatch(/NOT MET text: times as fast as tesseract\.js: 0\.89/);
    expect(text).toMatch(/met {4} labels: times as fast as tfjs-wasm: 4\.00/);
  });
});
