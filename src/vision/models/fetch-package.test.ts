import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchWithNpm } from './fetch-package.ts';
import { ModelFetchError } from './index.ts';

describe('fetching with npm', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-fetch-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

  const pinned = { version: '0.0.0-never-published', integrity: '', bytes: 1, licence: '' };

  it('names the package that npm could not fetch, with the reason npm gave', async () => {
    const error = await fetchWithNpm({ name: '@vladmandic/face-api', pinned, folder }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ModelFetchError);
    expect(error).toMatchObject({ packageSpec: '@vladmandic/face-api@0.0.0-never-published' });
    expect(String(error)).toMatch(/npm could not fetch it\. .*npm error/s);
  });

  it('ends npm when the signal fires', async () => {
    const abort = new AbortController();
    const fetching = fetchWithNpm({ name: '@vladmandic/face-api', pinned, folder, signal: abort.signal });
    abort.abort();
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
  });
});
