import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLineFile } from './line-file.ts';

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-lines-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'within', 'lines');
}

describe('a file of lines', () => {
  it('is empty where there is none, keeps lines in order, and is read by its owner alone', async () => {
    const file = path();
    const lines = openLineFile(file);
    expect(await lines.read()).toEqual([]);
    await lines.append(['a', 'b']);
    await lines.append([]);
    await openLineFile(file).append(['c']);
    expect(await lines.read()).toEqual(['a', 'b', 'c']);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('leaves out a line that was cut off, and goes on in its place', async () => {
    const file = path();
    await openLineFile(file).append(['a']);
    appendFileSync(file, 'cut o');
    const again = openLineFile(file);
    expect(await again.read()).toEqual(['a']);
    await again.append(['b']);
    expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
  });
});
