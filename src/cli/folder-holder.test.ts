import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderHolder } from './folder-holder.ts';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-holder-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const label = (content: string): void => writeFileSync(join(dataDir, 'lock-holder.json'), content);

it('knows a folder that a living process holds from one whose holder has ended', () => {
  label(JSON.stringify({ pid: process.ppid }));
  expect(folderHolder(dataDir)).toBe('yes');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  label(JSON.stringify({ pid }));
  expect(folderHolder(dataDir)).toBe('no');
});

it('knows a folder that was let go of, and one that this very process has opened', () => {
  label(JSON.stringify({ pid: process.ppid, released: true }));
  expect(folderHolder(dataDir)).toBe('no');
  label(JSON.stringify({ pid: process.pid }));
  expect(folderHolder(dataDir)).toBe('no');
});

it('does not guess about a folder without a label, or with one that it cannot read', () => {
  expect(folderHolder(dataDir)).toBe('unknown');
  expect(folderHolder(join(dataDir, 'nowhere'))).toBe('unknown');
  label('{');
  expect(folderHolder(dataDir)).toBe('unknown');
});
