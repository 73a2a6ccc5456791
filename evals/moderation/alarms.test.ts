import { describe, expect, it } from 'vitest';
import { alarmsOf, alarmTable, type Looked } from './alarms.ts';

const image = (folder: string, told: Record<string, number>): Looked => ({
  folder,
  path: `${folder}/x.jpg`,
  told: Object.entries(told).map(([name, confidence]) => ({ name, confidence })),
});
const looked = [
  image('scenes', { Explicit: 0, Gambling: 49.9 }),
  image('faces', { Explicit: 80, Gambling: 60 }),
  image('faces', { Explicit: 50, Gambling: 95 }),
];

describe('false alarms', () => {
  it('are counted by threshold and label, an image once', () => {
    expect(alarmsOf(looked, 'Explicit')).toEqual([2, 1, 1, 1, 0, 0]);
    expect(alarmsOf(looked, 'any')).toEqual([2, 2, 2, 2, 1, 1]);
  });

  it('are told for each folder, and for all', () => {
    const lines = alarmTable(looked).split('\n');
    expect(lines).toHaveLength(2 + 3 * 3);
    expect(lines).toContain('| faces | 2 | Gambling | 2 | 2 | 1 | 1 | 1 | 1 |');
    expect(lines.at(-1)).toBe('| all | 3 | any | 2 | 2 | 2 | 2 | 1 | 1 |');
  });
});
