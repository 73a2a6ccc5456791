import { describe, expect, it } from 'vitest';
import { onDemand } from './on-demand.ts';

describe('something opened on demand', () => {
  it('is opened once, by the first who asks, and closed', async () => {
    let opened = 0;
    let closed = 0;
    const thing = onDemand(async () => {
      opened += 1;
      return {
        close: async () => {
          closed += 1;
        },
      };
    });
    expect(opened).toBe(0);
    const [a, b] = await Promise.all([thing.get(), thing.get()]);
    expect(a).toBe(b);
    await thing.close();
    expect({ opened, closed }).toEqual({ opened: 1, closed: 1 });
  });

  it('is tried again after it did not open, and closes where it never was', async () => {
    let tries = 0;
    const thing = onDemand(async () => {
      tries += 1;
      if (tries === 1) throw new Error('no such file');
      return { close: async () => {} };
    });
    await expect(thing.get()).rejects.toThrow('no such file');
    await thing.close();
    await expect(thing.get()).resolves.toBeDefined();
    await onDemand(async () => ({ close: async () => {} })).close();
  });
});
