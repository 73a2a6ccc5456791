import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FetchRequest, ModelLicenceError, type ModelManifest, openModelStore, readManifest } from './index.ts';

let modelsDir = '';
beforeEach(() => {
  modelsDir = mkdtempSync(join(tmpdir(), 'likeness-licences-'));
});
afterEach(() => rmSync(modelsDir, { recursive: true, force: true }));

const ours = readManifest();
const [first, ...others] = ours.models;
if (first === undefined) throw new Error('the manifest has no model');
const withForbidden = (change: Partial<typeof first>): ModelManifest => ({
  ...ours,
  models: [{ ...first, licence: 'CC-BY-NC-4.0', commercialUse: false, ...change }, ...others],
});

describe('a model whose licence forbids commercial use', () => {
  it('is neither fetched nor loaded in a commercial deployment, which every deployment is unless it says otherwise', async () => {
    const fetched: FetchRequest[] = [];
    const store = openModelStore({
      modelsDir,
      manifest: withForbidden({}),
      fetchPackage: async (request) => {
        fetched.push(request);
        throw new Error('fetched');
      },
    });
    await expect(store.pull()).rejects.toThrow(ModelLicenceError);
    await expect(store.pull([first.id])).rejects.toThrow(/CC-BY-NC-4.0.*LIKENESS_DEPLOYMENT/);
    await expect(store.load(first.id)).rejects.toThrow(ModelLicenceError);
    expect(fetched).toEqual([]);
    expect((await store.list())[0]?.state).toBe('not-licensed');
    expect(await store.verify([first.id])).toEqual([expect.any(ModelLicenceError)]);
  });

  it('is let through to the checks of its digest in a deployment that is not commercial', async () => {
    const store = openModelStore({ modelsDir, deployment: 'non-commercial', manifest: withForbidden({}) });
    await expect(store.load(first.id)).rejects.toThrow(/Fetch it with/);
  });

  it('is what a manifest that says nothing about commercial use has', async () => {
    const silent = withForbidden({ commercialUse: undefined as never });
    await expect(openModelStore({ modelsDir, manifest: silent }).load(first.id)).rejects.toThrow(ModelLicenceError);
  });

  it('is refused also when it is one that this project learned', async () => {
    const learned = ours.learned.map((entry) => ({ ...entry, commercialUse: false }));
    const store = openModelStore({ modelsDir, manifest: { ...ours, learned } });
    await expect(store.pull([])).rejects.toThrow(ModelLicenceError);
  });
});
