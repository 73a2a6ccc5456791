import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAnchorFile } from './anchor-file.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-anchor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'anchor');
}

describe('an anchor file', () => {
  it('keeps checkpoints line by line, for its owner alone, and tells the last', async () => {
    const file = temporaryFile();
    const anchor = openAnchorFile(file);
    expect(await anchor.last()).toBeUndefined();
    await anchor.append(['{"a":1}', '{"a":2}']);
    await anchor.append([]);
    await anchor.append(['{"a":3}']);
    expect(readFileSync(file, 'utf8')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
    expect(await openAnchorFile(file).last()).toBe('{"a":3}');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('goes on after a line that a crash cut off, without rewriting it', async () => {
    const file = temporaryFile();
    const anchor = openAnchorFile(file);
    await anchor.append(['{"a":1}']);
    appendFileSync(file, '{"a":');
    expect(await anchor.last()).toBe('{"a":1}');
    await anchor.append(['{"a":2}']);
    expect(readFileSync(file, 'utf8')).toBe('{"a":1}\n{"a":\n{"a":2}\n');
    expect(await anchor.last()).toBe('{"a":2}');
  });

  it('is not made where its folder is missing: a disk may not be mounted', async () => {
    const anchor = openAnchorFile(join(temporaryFile(), 'elsewhere', 'anchor'));
    expect(await anchor.last()).toBeUndefined();
    await expect(anchor.append(['{"a":1}'])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('finds the last line of a long file', async () => {
    const anchor = openAnchorFile(temporaryFile());
    await anchor.append(Array.from({ length: 5_000 }, (_, i) => `{"line":${i},"padding":"${'x'.repeat(40)}"}`));
    expect(await anchor.last()).toContain('"line":4999,');
  });
});
