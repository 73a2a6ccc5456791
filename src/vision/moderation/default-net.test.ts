import { describe, expect, it } from 'vitest';
import { openTestModels } from '../../../tests/setup/models.ts';
import { inputOf, labelsOf, openModerationNet } from './default-net.ts';

/** A picture whose red rises from left to right, green from top to bottom; blue is 255. */
function ramp(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, k = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      data[k++] = Math.round((255 * x) / (width - 1));
      data[k++] = Math.round((255 * y) / (height - 1));
      data[k++] = 255;
    }
  return { width, height, data };
}

describe('the input of the net of moderation', () => {
  it('is the picture itself where it has the right size', () => {
    const image = ramp(224, 224);
    const input = inputOf(image);
    expect(input).toHaveLength(224 * 224 * 3);
    for (const place of [0, 1, 2, 671, 75_000, 150_527])
      expect(input[place]).toBeCloseTo((image.data[place]! - 127.5) / 127.5, 5);
  });

  it('meets the corners of a picture of any shape, and runs straight between them', () => {
    const input = inputOf(ramp(2, 3));
    const at = (x: number, y: number) => [...input.subarray((y * 224 + x) * 3, (y * 224 + x) * 3 + 3)];
    expect(at(0, 0)).toEqual([-1, -1, 1]);
    expect(at(223, 223)).toEqual([1, 1, 1]);
    expect(at(223, 0)).toEqual([1, -1, 1]);
    expect(at(56, 0)[0]).toBeCloseTo((2 * 56) / 223 - 1, 5);
    expect(at(0, 100)[1]).toBeCloseTo((2 * 100) / 223 - 1, 2);
  });
});

describe('the net of moderation', () => {
  it('tells probabilities of five classes, and a feature of what a picture looks like', async () => {
    const net = await openModerationNet(await openTestModels(['nsfw-mobilenet']));
    const classes = await net.classify(ramp(300, 200));
    const feature = await net.feature(ramp(300, 200));
    await net.close();
    expect(Object.values(classes).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
    expect(classes.porn + classes.sexy + classes.hentai).toBeLessThan(0.5);
    expect(feature).toHaveLength(1792);
    expect(Math.min(...feature)).toBeGreaterThanOrEqual(0);
  });

  it('is as sure of explicit content as of both its classes for it, and of drawings only where it is explicit', () => {
    const told = labelsOf({ drawing: 0.9, hentai: 0.02, neutral: 0, porn: 0.05, sexy: 0.03 });
    expect(told.labels.map(({ name, confidence }) => [name, Math.round(confidence)])).toEqual([
      ['Explicit', 7],
      ['Non-Explicit Nudity of Intimate parts and Kissing', 3],
    ]);
    expect(told.contentTypes).toEqual([{ name: 'Illustrated', confidence: 2 }]);
  });
});
