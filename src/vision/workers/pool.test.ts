import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ImageError } from '../../media/errors.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { VisionBusyError, VisionFailedError } from '../errors.ts';
import type { DetectFacesOptions } from '../faces.ts';
import { openVisionPool, type VisionPool, type VisionPoolOptions } from './pool.ts';

/** A worker whose behaviour is written in the image's text: the pool must not care what an engine does. */
const scriptedWorker = (serveTasks: string) => `
import { serveTasks } from ${JSON.stringify(serveTasks)};
const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => { clearTimeout(timer); reject(new DOMException('aborted', 'AbortError')); });
});
serveTasks(async (settings) => {
  if (settings.fail) throw new Error(settings.fail);
  if (settings.die) process.kill(process.pid, 'SIGKILL');
  const run = async ({ bytes }, _options, signal) => {
    const [verb, value] = Buffer.from(bytes).toString().split(' ');
    if (verb === 'die') process.kill(process.pid, 'SIGKILL');
    if (verb === 'pause') await pause(Number(value), signal);
    if (verb === 'image-error') throw Object.assign(new (await import(settings.errors)).ImageError('truncated', 'cut off'));
    if (verb === 'hang') for (;;);
    return { width: process.pid, height: 1, faces: [] };
  };
  return { detect: run, embed: run };
});
`;

const folder = mkdtempSync(join(tmpdir(), 'likeness-pool-'));
const entry = join(folder, 'worker.mjs');
const anything: DetectFacesOptions = { maxFaces: 1, attributes: new Set() };
const never = new AbortController().signal;
const image = (text: string) => ({ bytes: new TextEncoder().encode(text) });

describe('the vision pool', () => {
  let pool: VisionPool | undefined;
  const open = (changes: Partial<VisionPoolOptions> = {}) => {
    pool = openVisionPool({
      entry,
      settings: { errors: pathToFileURL(join(packageRoot(), 'dist/media/errors.js')).href },
      workers: 1,
      queueLimit: 2,
      taskTimeoutMs: 20_000,
      workerMemoryBytes: 2 ** 32,
      ...changes,
    });
    return pool;
  };

  beforeAll(() => {
    writeFileSync(entry, scriptedWorker(pathToFileURL(join(packageRoot(), 'dist/vision/workers/serve-tasks.js')).href));
    return () => rmSync(folder, { recursive: true });
  });
  afterEach(() => pool?.close());

  it('spreads work over as many processes as it has workers', async () => {
    const two = open({ workers: 2 });
    await two.ready();
    const [a, b] = await Promise.all([
      two.detect(image('pause 50'), anything, never),
      two.detect(image('pause 50'), anything, never),
    ]);
    expect(a.width).not.toBe(b.width);
  });

  it('refuses a task when the queue is full, and serves it later', async () => {
    const small = open({ queueLimit: 1 });
    await small.ready();
    const first = small.detect(image('pause 200'), anything, never);
    const second = small.detect(image('ok'), anything, never);
    await expect(small.detect(image('ok'), anything, never)).rejects.toBeInstanceOf(VisionBusyError);
    await Promise.all([first, second]);
    await expect(small.detect(image('ok'), anything, never)).resolves.toMatchObject({ height: 1 });
  });

  it('gives up an image that kills two workers, and goes on with the next', async () => {
    const shaken = open();
    await expect(shaken.detect(image('die'), anything, never)).rejects.toBeInstanceOf(VisionFailedError);
    await expect(shaken.detect(image('ok'), anything, never)).resolves.toMatchObject({ height: 1 });
    expect(shaken.stats().replaced).toBe(2);
  });

  it('finishes the work of a worker that was killed from outside in another one', async () => {
    const shaken = open();
    await shaken.ready();
    const [pid] = shaken.pids();
    const answer = shaken.detect(image('pause 300'), anything, never);
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(pid!, 'SIGKILL');
    expect((await answer).width).not.toBe(pid);
  });

  it('replaces a worker that hangs', async () => {
    const hung = open({ taskTimeoutMs: 600 });
    await hung.ready();
    await expect(hung.detect(image('hang'), anything, never)).rejects.toThrow(/longer than 600 ms/);
    await expect(hung.detect(image('ok'), anything, never)).resolves.toMatchObject({ height: 1 });
  });

  it('replaces a worker that holds too much memory', async () => {
    const fat = open({ workerMemoryBytes: 1 });
    const first = await fat.detect(image('ok'), anything, never);
    const second = await fat.detect(image('ok'), anything, never);
    expect(second.width).not.toBe(first.width);
  });

  it('settles an aborted task at once, waiting or running, and keeps the worker', async () => {
    const calm = open();
    await calm.ready();
    const controller = new AbortController();
    const running = calm.detect(image('pause 10000'), anything, controller.signal);
    const queued = calm.detect(image('ok'), anything, controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' });
    await expect(calm.detect(image('ok'), anything, never)).resolves.toMatchObject({ height: 1 });
    expect(calm.stats().replaced).toBe(0);
  });

  it('hands on the error of an image as the error it was', async () => {
    await expect(open().detect(image('image-error'), anything, never)).rejects.toBeInstanceOf(ImageError);
  });

  it('says why its workers do not start, to whoever waits', async () => {
    const broken = open({ settings: { fail: 'model x is corrupt' } });
    await expect(broken.ready()).rejects.toThrow(/model x is corrupt/);
    await expect(broken.detect(image('ok'), anything, never)).rejects.toThrow(/model x is corrupt/);
  });

  it('stops starting workers that die at their start', async () => {
    const doomed = open({ settings: { die: true } });
    await expect(doomed.ready()).rejects.toThrow(/do not start/);
  });

  it('lets running work finish when it closes', async () => {
    const closing = open();
    await closing.ready();
    const running = closing.detect(image('pause 200'), anything, never);
    const [answer] = await Promise.all([running, closing.close()]);
    expect(answer.height).toBe(1);
  });
});
