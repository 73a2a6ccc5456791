import { describe, expect, it } from 'vitest';
import type { CropText, LineCrop, Quad, TextTasks } from './port.ts';
import { createTextReader } from './text-reader.ts';

const image = { bytes: new Uint8Array(1) };
const signal = (): AbortSignal => new AbortController().signal;

const quadAt = (top: number): Quad => [
  { x: 0.1, y: top },
  { x: 0.9, y: top },
  { x: 0.9, y: top + 0.05 },
  { x: 0.1, y: top + 0.05 },
];
/** Lines one below the other; a crop's pixels hold its number. */
const cropsOf = (count: number, width = 1000): LineCrop[] =>
  Array.from({ length: count }, (_, i) => ({ quad: quadAt(i / 20), width, pixels: Uint8Array.of(i) }));

function workers(lines: readonly LineCrop[], read: (line: number) => Partial<CropText>) {
  const batches: number[][] = [];
  let atOnce = 0;
  let most = 0;
  const tasks: TextTasks = {
    findText: async () => ({ aspect: 1, lines }),
    readLines: async (batch, stop) => {
      batches.push(batch.map(({ pixels }) => pixels[0] ?? -1));
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 2));
      atOnce--;
      stop.throwIfAborted();
      return batch.map(({ pixels }) => ({
        upsideDown: false,
        words: [{ text: `line${pixels[0]}`, confidence: 90, from: 0, to: 1 }],
        ...read(pixels[0] ?? -1),
      }));
    },
  };
  return { tasks, batches, most: () => most };
}

describe('a text reader', () => {
  it('reads every line over as many workers as there are, in batches of about equal width', async () => {
    const { tasks, batches, most } = workers(cropsOf(14), () => ({}));
    const lines = await createTextReader(tasks, 2).read(image, {}, signal());
    expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 14 }, (_, i) => `line${i}`));
    expect(batches.flat()).toHaveLength(14);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(3);
    expect(most()).toBe(2);
  });

  it('stops as soon as there is enough, asked with lines in their order', async () => {
    const { tasks, batches } = workers(cropsOf(18), () => ({}));
    const asked: string[][] = [];
    const enough = (lines: readonly { readonly text: string }[]): boolean => {
      asked.push(lines.map(({ text }) => text));
      return lines.length >= 3;
    };
    await createTextReader(tasks, 1).read(image, { enough }, signal());
    expect(batches.length).toBe(1);
    expect(asked[0]).toEqual(['line0', 'line1', 'line2']);
  });

  it('leaves out crops in which nothing could be read', async () => {
    const { tasks } = workers(cropsOf(3), (line) => (line === 1 ? { words: [] } : {}));
    const lines = await createTextReader(tasks, 2).read(image, {}, signal());
    expect(lines.map(({ text }) => text)).toEqual(['line0', 'line2']);
  });

  it('places words along their line, from its own beginning where it stands upside down', async () => {
    const words = [
      { text: 'two', confidence: 80, from: 0, to: 0.25 },
      { text: 'words', confidence: 90, from: 0.5, to: 1 },
    ];
    const { tasks } = workers(cropsOf(2), (line) => ({ words, upsideDown: line === 1 }));
    const lines = await createTextReader(tasks, 1).read(image, {}, signal());
    const upright = lines.find(({ quad }) => quad[0].x < 0.5);
    const turned = lines.find(({ quad }) => quad[0].x > 0.5);
    expect(upright?.words[0]?.quad[1].x).toBeCloseTo(0.3, 9);
    expect(upright?.words[1]?.quad[0].x).toBeCloseTo(0.5, 9);
    expect(turned?.words[0]?.quad[0]).toEqual({ x: 0.9, y: expect.closeTo(0.1, 9) });
    expect(turned?.words[0]?.quad[1].x).toBeCloseTo(0.7, 9);
    expect(upright?.text).toBe('two words');
    expect(upright?.confidence).toBeCloseTo((3 * 80 + 5 * 90) / 8, 9);
  });

  it('ends with its signal, and hands out no batch after it', async () => {
    const controller = new AbortController();
    const { tasks, batches } = workers(cropsOf(40), () => ({}));
    const reading = createTextReader(tasks, 2).read(image, {}, controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    const handed = batches.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(batches.length).toBe(handed);
    expect(handed).toBeLessThan(14);
  });

  it('fails when a worker does, and lets the others end', async () => {
    const { tasks } = workers(cropsOf(20), (line) => {
      if (line === 4) throw new Error('the worker died');
      return {};
    });
    await expect(createTextReader(tasks, 2).read(image, {}, signal())).rejects.toThrow('the worker died');
  });
});
