import { describe, expect, it } from 'vitest';
import { parseDuration } from './commands/keys.ts';
import { exitCodeOf, exitCodes, UsageError } from './exit-codes.ts';
import { externalImageIdOf } from './images.ts';
import { renderTable } from './output.ts';
import { duration } from './progress.ts';

describe('an external image id', () => {
  it('is the path itself where the API allows it', () => {
    expect(externalImageIdOf('IMG_0042.jpg')).toBe('IMG_0042.jpg');
  });

  it('never is the same for two paths, and always is what the API allows', () => {
    const paths = ['a/b.jpg', 'a_b.jpg', 'a b.jpg', 'ä_b.jpg', `${'x'.repeat(300)}.jpg`, `${'x'.repeat(301)}.jpg`];
    const ids = paths.map(externalImageIdOf);
    expect(new Set(ids).size).toBe(paths.length);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_.\-:]{1,255}$/);
  });
});

describe('a duration', () => {
  it('is read with its unit', () => {
    expect([parseDuration('45m'), parseDuration('12h'), parseDuration('7d')]).toEqual([
      2_700_000, 43_200_000, 604_800_000,
    ]);
  });

  it.each(['', '5', '0h', '-1h', '1.5h', '3w'])('is refused as %j, saying what to write', (text) => {
    expect(() => parseDuration(text)).toThrow(/write for example/);
  });

  it('is said as people say it', () => {
    expect([duration(42), duration(200), duration(3_900)]).toEqual(['42s', '3m20s', '1h05m']);
  });
});

describe('a table', () => {
  it('aligns its columns under their titles and shows what is missing as a dash', () => {
    const rows = [
      { name: 'a', count: 5 },
      { name: 'long', count: undefined },
    ];
    const table = renderTable(rows, [
      { title: 'name', value: (row) => row.name },
      { title: 'n', value: (row) => row.count, align: 'right' },
    ]);
    expect(table.split('\n')).toEqual(['NAME  N', 'a     5', 'long  -']);
  });

  it('says so when it is empty', () => {
    expect(renderTable([], [], 'nothing here')).toBe('nothing here');
  });
});

describe('an exit code', () => {
  it('tells refusals, absences, wrong usage and busy servers apart', () => {
    const named = (name: string, more: object = {}) => Object.assign(new Error('x'), { name, ...more });
    expect(exitCodeOf(new UsageError('x'))).toBe(exitCodes.usage);
    expect(exitCodeOf(named('AccessDeniedException'))).toBe(exitCodes.refused);
    expect(exitCodeOf(named('ResourceNotFoundException'))).toBe(exitCodes.notFound);
    expect(exitCodeOf(named('ThrottlingException'))).toBe(exitCodes.tryLater);
    expect(exitCodeOf(named('StoreError', { code: 'locked' }))).toBe(exitCodes.tryLater);
    expect(exitCodeOf(named('StoreError', { code: 'corrupt' }))).toBe(exitCodes.failed);
  });
});
