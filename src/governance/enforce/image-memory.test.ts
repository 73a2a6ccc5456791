import { describe, expect, it } from 'vitest';
import { createImageMemories } from './image-memory.ts';

const ours = { person: 'anna', purpose: 'photo-library' } as const;
const open = (maxBytes = 1000, idleMs = 60_000) => {
  let now = 0;
  return {
    memories: createImageMemories({ maxBytes, idleMs, clock: () => now }),
    pass: (ms: number) => {
      now += ms;
    },
  };
};

describe('what is remembered of images', () => {
  it('is told to the same person under the same purpose', () => {
    const { memories } = open();
    memories.forGrant(ours).set('look', 'aa', 1, 10);
    expect(memories.forGrant({ ...ours }).get('look', 'aa')).toBe(1);
    expect(memories.forGrant(ours).get('labels', 'aa')).toBeUndefined();
    expect(memories.forGrant(ours).get('look', 'ab')).toBeUndefined();
  });

  it('is told to nobody else, and under no other purpose', () => {
    const { memories } = open();
    memories.forGrant(ours).set('look', 'aa', 1, 10);
    expect(memories.forGrant({ ...ours, person: 'bert' }).get('look', 'aa')).toBeUndefined();
    expect(memories.forGrant({ ...ours, purpose: 'evaluation' }).get('look', 'aa')).toBeUndefined();
    expect(
      memories.forGrant({ person: 'anna","photo', purpose: 'library' } as never).get('look', 'aa'),
    ).toBeUndefined();
  });

  it('goes when the bound is reached, what was longest unused first', () => {
    const { memories } = open(30);
    const memory = memories.forGrant(ours);
    for (const name of ['a', 'b', 'c']) memory.set('look', name, name, 10);
    memory.get('look', 'a');
    memory.set('look', 'd', 'd', 10);
    expect(['a', 'b', 'c', 'd'].map((name) => memory.get('look', name))).toEqual(['a', undefined, 'c', 'd']);
    memory.set('look', 'e', 'too large for all', 1000);
    expect(['a', 'c', 'd', 'e'].map((name) => memory.get('look', name))).toEqual(Array(4).fill(undefined));
  });

  it('counts what is set again once', () => {
    const { memories } = open(30);
    const memory = memories.forGrant(ours);
    for (let i = 0; i < 10; i += 1) memory.set('look', 'a', i, 10);
    memory.set('look', 'b', 'b', 20);
    expect([memory.get('look', 'a'), memory.get('look', 'b')]).toEqual([9, 'b']);
  });

  it('goes when it was not used for a while', () => {
    const { memories, pass } = open();
    const memory = memories.forGrant(ours);
    memory.set('look', 'a', 1, 10);
    memory.set('look', 'b', 1, 10);
    pass(40_000);
    expect(memory.get('look', 'a')).toBe(1);
    pass(40_000);
    expect(memory.get('look', 'b')).toBeUndefined();
    expect(memory.get('look', 'a')).toBe(1);
  });
});
