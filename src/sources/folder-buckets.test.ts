import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderBuckets, openObjectReader } from './index.ts';

let outside: string;
let root: string;
const never = new AbortController().signal;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'likeness-buckets-'));
  root = join(outside, 'buckets');
  mkdirSync(join(root, 'photos', '2024'), { recursive: true });
  mkdirSync(join(root, 'other'));
  writeFileSync(join(root, 'photos', '2024', 'a b ü.jpg'), 'hello');
  writeFileSync(join(root, 'other', 'o.jpg'), 'other');
  writeFileSync(join(outside, 'secret'), 'secret');
});
afterEach(() => rmSync(outside, { recursive: true }));

const read = (key: string, more: { bucket?: string; version?: string; limit?: number } = {}) =>
  folderBuckets(root)
    .read(
      { bucket: more.bucket ?? 'photos', key, ...(more.version ? { version: more.version } : {}) },
      more.limit ?? 100,
      never,
    )
    .then((bytes) => Buffer.from(bytes).toString());

describe('folder buckets', () => {
  it('read a file of a bucket', async () => {
    expect(await read('2024/a b ü.jpg')).toBe('hello');
  });

  it('know which buckets they have', async () => {
    symlinkSync(join(root, 'photos'), join(root, 'linked'));
    const folders = folderBuckets(root);
    const has = await Promise.all(
      ['photos', 'linked', 'missing', '.', '..', 'photos/2024', ''].map((name) => folders.has(name)),
    );
    expect(has).toEqual([true, false, false, false, false, false, false]);
  });

  it('do not find absent files, folders, buckets or roots', async () => {
    for (const key of ['none.jpg', '2024', '2024/a b ü.jpg/x', 'x'.repeat(300)]) {
      await expect(read(key), key).rejects.toMatchObject({ fault: 'not-found' });
    }
    await expect(read('o.jpg', { bucket: 'absent' })).rejects.toMatchObject({ fault: 'not-found' });
    root = join(outside, 'no-such-root');
    await expect(read('o.jpg')).rejects.toMatchObject({ fault: 'not-found' });
  });

  it('refuse names that step out of the bucket', async () => {
    const keys = [
      '../other/o.jpg',
      '2024/../../other/o.jpg',
      '../../secret',
      '/etc/passwd',
      '',
      '.',
      '2024//a',
      'a\0b',
      '..\\x',
      '2024/',
    ];
    for (const key of keys) await expect(read(key), key).rejects.toMatchObject({ fault: 'not-allowed' });
    for (const bucket of ['..', '.', '', '../buckets/photos', 'photos/2024', '/etc', 'a\0', 'a'.repeat(256)]) {
      await expect(read('secret', { bucket }), bucket).rejects.toMatchObject({ fault: 'not-allowed' });
    }
  });

  it('follow no link: not to a file, not to a folder, not as a bucket, not even within the bucket', async () => {
    symlinkSync(join(outside, 'secret'), join(root, 'photos', 'link'));
    symlinkSync(outside, join(root, 'photos', 'up'));
    symlinkSync(join(root, 'photos', '2024'), join(root, 'photos', 'inside'));
    symlinkSync(outside, join(root, 'linked'));
    for (const key of ['link', 'up/secret', 'inside/a b ü.jpg']) {
      await expect(read(key), key).rejects.toMatchObject({ fault: 'not-allowed' });
    }
    await expect(read('secret', { bucket: 'linked' })).rejects.toMatchObject({ fault: 'not-allowed' });
  });

  it('may themselves be reached through a link that the operator made', async () => {
    const link = join(outside, 'root-link');
    symlinkSync(root, link);
    root = link;
    expect(await read('2024/a b ü.jpg')).toBe('hello');
  });

  it('never read outside while a folder is being swapped for a link', async () => {
    const folder = join(root, 'photos', 'swap');
    mkdirSync(folder);
    writeFileSync(join(folder, 'secret'), 'inside');
    symlinkSync(outside, `${folder}.link`);
    const answers: Promise<string>[] = [];
    for (let round = 0; round < 200; round++) {
      answers.push(read('swap/secret').catch((error) => error.fault));
      renameSync(folder, `${folder}.away`);
      renameSync(`${folder}.link`, folder);
      await new Promise((resolve) => setImmediate(resolve));
      renameSync(folder, `${folder}.link`);
      renameSync(`${folder}.away`, folder);
    }
    const seen = new Set(await Promise.all(answers));
    expect(seen).not.toContain('secret');
    expect(seen).not.toContain(undefined);
  });

  it('refuse a longer file than allowed, and take one of just that length', async () => {
    await expect(read('2024/a b ü.jpg', { limit: 4 })).rejects.toMatchObject({ fault: 'too-large' });
    expect(await read('2024/a b ü.jpg', { limit: 5 })).toBe('hello');
  });

  it('read an empty file as empty', async () => {
    writeFileSync(join(root, 'photos', 'empty'), '');
    expect(await read('empty')).toBe('');
  });

  it('say that they keep no versions', async () => {
    await expect(read('2024/a b ü.jpg', { version: '1' })).rejects.toMatchObject({
      fault: 'not-found',
      message: expect.stringContaining('Version'),
    });
  });

  it.skipIf(process.platform === 'win32')('do not wait on a named pipe', async () => {
    execFileSync('mkfifo', [join(root, 'photos', 'pipe')]);
    await expect(read('pipe')).rejects.toMatchObject({ fault: 'not-found' });
  });

  it.skipIf(process.getuid?.() === 0)('say so when a file may not be read', async () => {
    chmodSync(join(root, 'other', 'o.jpg'), 0);
    await expect(read('o.jpg', { bucket: 'other' })).rejects.toMatchObject({ fault: 'not-allowed' });
  });

  it('stop when asked to', async () => {
    const object = { bucket: 'photos', key: '2024/a b ü.jpg' };
    await expect(folderBuckets(root).read(object, 100, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('never tell where they are', async () => {
    symlinkSync(outside, join(root, 'photos', 'up'));
    for (const key of ['none', 'up/secret', '../x', '2024']) {
      const error = await read(key).catch((e: Error) => e);
      expect(String(error)).not.toContain(outside);
    }
  });
});

describe('an object reader', () => {
  it('finds nothing where nothing is configured', async () => {
    const reader = openObjectReader({});
    await expect(reader.read({ bucket: 'photos', key: 'x' }, 10, never)).rejects.toMatchObject({ fault: 'not-found' });
    reader.close();
  });

  it('reads folders', async () => {
    const reader = openObjectReader({ bucketsDir: root });
    expect(await reader.read({ bucket: 'other', key: 'o.jpg' }, 10, never)).toHaveLength(5);
    await expect(reader.read({ bucket: 'absent', key: 'o.jpg' }, 10, never)).rejects.toMatchObject({
      fault: 'not-found',
    });
  });
});
