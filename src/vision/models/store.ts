import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { convertModel } from './convert.ts';
import { sha256 } from './digest.ts';
import {
  ModelCorruptError,
  ModelFetchError,
  ModelFormatError,
  ModelLicenceError,
  ModelMissingError,
  UnknownModelError,
} from './errors.ts';
import { checkIntegrity, type FetchPackage, fetchWithNpm } from './fetch-package.ts';
import { type Deployment, requireLicence } from './licence.ts';
import { type ModelEntry, type ModelManifest, type PinnedFile, readManifest } from './manifest.ts';
import { readTarball } from './tarball.ts';

/** How far a pull has come: bytes of one package, or converted models. */
export interface PullProgress {
  readonly phase: 'fetch' | 'convert';
  /** The package or the model at work. */
  readonly item: string;
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes' | 'models';
}

/** What a pull takes beside its models. */
export interface PullOptions {
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Told of each file that was in the cache and is refused, before anything is fetched in its place. */
  readonly onCorrupt?: ((error: ModelCorruptError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A model and how it stands in the cache, judged by the SHA-256 of its file. */
export interface ModelStatus {
  readonly entry: ModelEntry;
  readonly state: 'ready' | 'missing' | 'corrupt' | 'not-licensed';
  readonly path: string;
}

/** A model's ONNX file: the very bytes that were verified. */
export interface LoadedModel {
  readonly entry: ModelEntry;
  readonly bytes: Uint8Array;
}

/** The models of a manifest in a cache folder, which several processes may use at once. */
export interface ModelStore {
  readonly manifest: ModelManifest;
  /**
   * Makes models ready: fetches what is missing, verifies it, converts it. What is ready already costs one digest.
   *
   * @param ids all models when left out
   * @throws {UnknownModelError | ModelLicenceError | ModelFetchError | ModelFormatError}
   * @throws an AbortError when the signal fires
   */
  pull(ids?: readonly string[], options?: PullOptions): Promise<void>;
  /** Every model and its state. */
  list(): Promise<ModelStatus[]>;
  /** What is wrong with the cached models; empty when all is well. @throws {UnknownModelError} */
  verify(ids?: readonly string[]): Promise<(ModelMissingError | ModelCorruptError | ModelLicenceError)[]>;
  /**
   * Reads a model and verifies what was read.
   *
   * @throws {UnknownModelError | ModelLicenceError | ModelMissingError | ModelCorruptError}
   */
  load(id: string): Promise<LoadedModel>;
  /**
   * Reads a file that belongs to a model and verifies what was read.
   *
   * @param path one of the entry's `companions`
   * @throws {UnknownModelError | ModelLicenceError | ModelMissingError | ModelCorruptError}
   */
  loadCompanion(id: string, path: string): Promise<Uint8Array>;
  /**
   * Makes the files of an asset ready.
   *
   * @returns their paths, in the manifest's order
   * @throws {UnknownModelError | ModelFetchError}
   */
  pullAsset(id: string, options?: PullOptions): Promise<string[]>;
}

/** What a store is made of. */
export interface ModelStoreParts {
  /** The cache folder; made when absent. */
  readonly modelsDir: string;
  /** What the server is run for; commercial by default, which allows the fewest models. */
  readonly deployment?: Deployment;
  readonly manifest?: ModelManifest;
  readonly fetchPackage?: FetchPackage;
}

const DIGEST_CHARACTERS = 16;
const FETCH_PREFIX = '.fetch-';
const PARTIAL_SUFFIX = '.partial';
/** Older than any fetch that may still be under way in another process. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes beside the target and renames, so that a reader in another process sees the old file or the whole new one. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}${PARTIAL_SUFFIX}`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes what a killed process left behind: a fetch's folder holds up to 300 MB. */
async function removeAbandoned(folder: string): Promise<void> {
  const before = Date.now() - ABANDONED_AFTER_MS;
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(FETCH_PREFIX) || name.endsWith(PARTIAL_SUFFIX),
  );
  for (const name of names) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info && info.mtimeMs < before) await rm(path, { recursive: true, force: true });
  }
}

function stateOf(problem: Error | undefined): ModelStatus['state'] {
  if (problem === undefined) return 'ready';
  if (problem instanceof ModelLicenceError) return 'not-licensed';
  return problem instanceof ModelMissingError ? 'missing' : 'corrupt';
}

/**
 * Opens the cache of models. The folder holds `<id>-<digest>.onnx`, the converted models, and `sources/<digest>-<name>`,
 * the files they were made from; both named by the first 16 hex digits of their SHA-256.
 */
export function openModelStore({
  modelsDir,
  deployment = 'commercial',
  manifest = readManifest(),
  fetchPackage = fetchWithNpm,
}: ModelStoreParts): ModelStore {
  const entries = new Map(manifest.models.map((entry) => [entry.id, entry]));
  const sourcesDir = join(modelsDir, 'sources');

  const entryOf = (id: string): ModelEntry => {
    const entry = entries.get(id);
    if (!entry) throw new UnknownModelError(id);
    return entry;
  };
  const chosen = (ids?: readonly string[]): readonly ModelEntry[] => ids?.map(entryOf) ?? manifest.models;
  const modelPath = ({ id, onnx }: ModelEntry): string =>
    join(modelsDir, `${id}-${onnx.sha256.slice(0, DIGEST_CHARACTERS)}.onnx`);
  const sourcePath = (file: PinnedFile): string =>
    join(sourcesDir, `${file.sha256.slice(0, DIGEST_CHARACTERS)}-${basename(file.path)}`);

  const readSource = async (file: PinnedFile): Promise<Uint8Array | undefined> => {
    const bytes = await readIfThere(sourcePath(file));
    return bytes && sha256(bytes) === file.sha256 ? bytes : undefined;
  };

  const load = async (id: string): Promise<LoadedModel> => {
    const entry = entryOf(id);
    requireLicence(entry, deployment);
    const path = modelPath(entry);
    const bytes = await readIfThere(path);
    if (!bytes) throw new ModelMissingError(id, path);
    const actual = sha256(bytes);
    if (actual !== entry.onnx.sha256) throw new ModelCorruptError(id, path, entry.onnx.sha256, actual);
    return { entry, bytes };
  };

  const loadCompanion = async (id: string, path: string): Promise<Uint8Array> => {
    const entry = entryOf(id);
    requireLicence(entry, deployment);
    const file = entry.files.find((candidate) => candidate.path === path);
    if (!file || !entry.companions?.includes(path)) throw new UnknownModelError(`${id}, ${path}`);
    const bytes = await readIfThere(sourcePath(file));
    if (!bytes) throw new ModelMissingError(id, sourcePath(file));
    const actual = sha256(bytes);
    if (actual !== file.sha256) throw new ModelCorruptError(id, sourcePath(file), file.sha256, actual);
    return bytes;
  };

  const problemWith = async (
    id: string,
  ): Promise<ModelMissingError | ModelCorruptError | ModelLicenceError | undefined> => {
    try {
      await load(id);
      for (const path of entryOf(id).companions ?? []) await loadCompanion(id, path);
      return undefined;
    } catch (error) {
      if (error instanceof ModelMissingError || error instanceof ModelCorruptError) return error;
      if (error instanceof ModelLicenceError) return error;
      throw error;
    }
  };

  const fetchSources = async (
    name: string,
    files: readonly PinnedFile[],
    { onProgress, signal }: PullOptions,
  ): Promise<void> => {
    const pinned = manifest.packages[name];
    if (!pinned) throw new ModelFetchError(name, 'the manifest pins no version of it');
    const spec = `${name}@${pinned.version}`;
    const report = (done: number): void =>
      onProgress?.({ phase: 'fetch', item: spec, done, total: pinned.bytes, unit: 'bytes' });
    // Beside the cache and not in the system's temporary folder, which may be too small for a tarball of 145 MB.
    const folder = await mkdtemp(join(modelsDir, FETCH_PREFIX));
    try {
      report(0);
      const tarball = await fetchPackage({ name, pinned, folder, onBytes: report, signal });
      await checkIntegrity(tarball, name, pinned, signal);
      const found = await readTarball(tarball, spec, files);
      signal?.throwIfAborted();
      for (const { file, bytes } of found) await writeWhole(sourcePath(file), bytes);
      report(pinned.bytes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  /** Sees to it that the sources of all wanted are in the cache, each package fetched at most once. */
  const ensureSources = async (
    wanted: readonly { readonly package: string; readonly files: readonly PinnedFile[] }[],
    options: PullOptions,
  ): Promise<void> => {
    await mkdir(sourcesDir, { recursive: true });
    await removeAbandoned(modelsDir);
    await removeAbandoned(sourcesDir);
    const missing = new Map<string, PinnedFile[]>();
    for (const { package: name, files } of wanted)
      for (const file of files)
        if ((await readSource(file)) === undefined) missing.set(name, [...(missing.get(name) ?? []), file]);
    for (const [name, files] of missing) await fetchSources(name, files, options);
  };

  const convertAndKeep = async (entry: ModelEntry): Promise<void> => {
    const sources = new Map<string, Uint8Array>();
    for (const file of entry.files) {
      const bytes = await readSource(file);
      if (bytes) sources.set(file.path, bytes);
    }
    const onnx = convertModel(entry, sources);
    const actual = sha256(onnx);
    if (actual !== entry.onnx.sha256)
      throw new ModelFormatError(`${entry.id} became ${actual}, but the manifest says ${entry.onnx.sha256}`);
    await writeWhole(modelPath(entry), onnx);
  };

  return {
    manifest,
    load,
    loadCompanion,
    async pull(ids, options = {}) {
      const wanted: ModelEntry[] = [];
      for (const entry of chosen(ids)) requireLicence(entry, deployment);
      for (const entry of manifest.learned) requireLicence(entry, deployment);
      for (const entry of chosen(ids)) {
        const problem = await problemWith(entry.id);
        if (problem === undefined) continue;
        if (problem instanceof ModelCorruptError) options.onCorrupt?.(problem);
        wanted.push(entry);
      }
      await ensureSources(wanted, options);
      for (const [done, entry] of wanted.entries()) {
        options.signal?.throwIfAborted();
        options.onProgress?.({ phase: 'convert', item: entry.id, done, total: wanted.length, unit: 'models' });
        await convertAndKeep(entry);
        const after = {
          phase: 'convert',
          item: entry.id,
          done: done + 1,
          total: wanted.length,
          unit: 'models',
        } as const;
        options.onProgress?.(after);
      }
    },
    list: () =>
      Promise.all(
        manifest.models.map(async (entry): Promise<ModelStatus> => {
          const problem = await problemWith(entry.id);
          return { entry, state: stateOf(problem), path: modelPath(entry) };
        }),
      ),
    async verify(ids) {
      const problems = await Promise.all(chosen(ids).map(({ id }) => problemWith(id)));
      return problems.filter((problem) => problem !== undefined);
    },
    async pullAsset(id, options = {}) {
      const asset = manifest.assets.find((candidate) => candidate.id === id);
      if (!asset) throw new UnknownModelError(id);
      await ensureSources([asset], options);
      return asset.files.map(sourcePath);
    },
  };
}

/**
 * The group photos that come with @vladmandic/face-api, for tests and demonstrations.
 *
 * @param modelsDir the cache folder of a model store
 * @returns the paths of sample1.jpg to sample6.jpg, in this order
 * @throws {ModelFetchError} when they aren't in the cache and can't be fetched
 */
export function fetchSamplePhotos(modelsDir: string, options?: PullOptions): Promise<string[]> {
  return openModelStore({ modelsDir }).pullAsset('sample-photos', options);
}
