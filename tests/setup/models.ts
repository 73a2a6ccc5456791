import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ModelStore, openModelStore } from '../../src/vision/models/index.ts';

/** The models folder of tests: LIKENESS_MODELS_DIR, or the user's cache, so that models are fetched once. */
export function testModelsDir(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.LIKENESS_MODELS_DIR || join(cache, 'likeness', 'models');
}

/** A store with the given models ready, all of them when none is named. */
export async function openTestModels(ids?: readonly string[]): Promise<ModelStore> {
  const store = openModelStore({ modelsDir: testModelsDir() });
  await store.pull(ids);
  return store;
}
