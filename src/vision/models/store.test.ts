import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertModel } from './convert.ts';
import { sha256 } from './digest.ts';
import {
  type FetchPackage,
  ModelCorruptError,
  ModelFetchError,
  ModelFormatError,
  type ModelManifest,
  ModelMissingError,
  openModelStore,
  type PullProgress,
  UnknownModelError,
} from './index.ts';
import type { ModelEntry } from './manifest.ts';

/** A net with one weight: the picture's only number times 2. */
const GRAPH = Buffer.from(
  JSON.stringify({
    modelTopology: {
      node: [
        { name: 'in', op: 'Placeholder' },
        { name: 'filter', op: 'Const' },
        {
          name: 'out',
          op: 'Conv2D',
          input: ['in', 'filter'],
          attr: {
            strides: { list: { i: ['1', '1', '1', '1'] } },
            padding: { s: Buffer.from('SAME').toString('base64') },
          },
        },
      ],
    },
    weightsManifest: [{ paths: ['double.bin'], weights: [{ name: 'filter', shape: [1, 1, 1, 1], dtype: 'float32' }] }],
  }),
);
const WEIGHTS = new Uint8Array(Float32Array.of(2).buffer);

const fileOf = (path: string, bytes: Uint8Array) => ({ path, bytes: bytes.length, sha256: sha256(bytes) });

function doubleEntry(): ModelEntry {
  const entry: ModelEntry = {
    id: 'double',
    purpose: 'doubles',
    package: 'doubling',
    files: [fileOf('models/double.json', GRAPH), fileOf('models/double.bin', WEIGHTS)],
    conversion: { kind: 'tfjs-graph', graph: 'models/double.json', inputNode: 'in', outputNodes: { doubled: 'out' } },
    onnx: { bytes: 0, sha256: '' },
    licence: 'MIT',
    commercialUse: true,
    provenance: { authors: '', upstream: '', trainingData: '', caveats: '' },
    input: { name: 'image', shape: ['N', 1, 1, 1], channels: 'luma', mean: [0], divisor: 1, layout: '' },
    outputs: [{ name: 'doubled', shape: ['N', 1, 1, 1], meaning: '' }],
  };
  const sources = new Map<string, Uint8Array>([
    ['models/double.json', GRAPH],
    ['models/double.bin', WEIGHTS],
  ]);
  const onnx = convertModel(entry, sources);
  return { ...entry, onnx: { bytes: onnx.length, sha256: sha256(onnx) } };
}

describe('the model store', () => {
  let folder: string;
  let modelsDir: string;
  let fetches: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-models-'));
    modelsDir = join(folder, 'cache');
    await mkdir(modelsDir);
    fetches = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Packs files (or links, given as `-> target`) into a tarball as npm lays it out. */
  async function pack(files: Record<string, Uint8Array | string>, rename = (path: string) => path): Promise<string> {
    const root = await mkdtemp(join(folder, 'pack-'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      if (typeof content === 'string') await symlink(content, join(root, path));
      else await writeFile(join(root, path), content);
    }
    const tarball = join(root, '..', `${Math.random().toString(36).slice(2)}.tgz`);
    const onWriteEntry = (entry: { path: string }) => {
      entry.path = rename(entry.path);
    };
    await create({ file: tarball, cwd: root, gzip: true, preservePaths: true, onWriteEntry }, Object.keys(files));
    return tarball;
  }
  const goodFiles = { 'package/models/double.json': GRAPH, 'package/models/double.bin': WEIGHTS };

  async function storeWith(tarball: string, change: (manifest: ModelManifest) => ModelManifest = (same) => same) {
    const content = await readFile(tarball);
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
    const manifest = change({
      packages: { doubling: { version: '1.0.0', integrity, bytes: content.length, licence: 'MIT' } },
      models: [doubleEntry()],
      assets: [],
      learned: [],
    });
    const fetchPackage: FetchPackage = async ({ folder: into }) => {
      fetches++;
      const target = join(into, 'doubling.tgz');
      await writeFile(target, content);
      return target;
    };
    return openModelStore({ modelsDir, manifest, fetchPackage });
  }
  const onnxPath = async () => {
    const name = (await readdir(modelsDir)).find((file) => file.endsWith('.onnx'))!;
    return join(modelsDir, name);
  };

  it('pulls a model, tells how far it is, and loads the bytes it verified', async () => {
    const store = await storeWith(await pack(goodFiles));
    expect((await store.list())[0]!.state).toBe('missing');
    const progress: PullProgress[] = [];
    await store.pull(['double'], { onProgress: (step) => progress.push(step) });
    expect((await store.list())[0]!.state).toBe('ready');
    expect(await store.verify()).toEqual([]);
    const { entry, bytes } = await store.load('double');
    expect(sha256(bytes)).toBe(entry.onnx.sha256);
    expect(progress.at(0)).toMatchObject({ phase: 'fetch', item: 'doubling@1.0.0', done: 0, unit: 'bytes' });
    expect(progress.at(-1)).toEqual({ phase: 'convert', item: 'double', done: 1, total: 1, unit: 'models' });
  });

  it('fetches nothing twice, and nothing to convert afresh', async () => {
    const store = await storeWith(await pack(goodFiles));
    await store.pull();
    await store.pull();
    await rm(await onnxPath());
    await store.pull();
    expect(fetches).toBe(1);
    expect(await store.verify()).toEqual([]);
  });

  it('leaves nothing behind but models and sources', async () => {
    const store = await storeWith(await pack(goodFiles));
    await store.pull();
    const names = (await readdir(modelsDir)).sort();
    expect(names).toEqual([expect.stringMatching(/^double-[0-9a-f]{16}\.onnx$/), 'sources']);
    expect(await readdir(join(modelsDir, 'sources'))).toHaveLength(2);
  });

  it('removes what a killed process left behind, and leaves alone what may be under way', async () => {
    const abandoned = join(modelsDir, '.fetch-old');
    await mkdir(abandoned);
    await utimes(abandoned, new Date(0), new Date(0));
    await mkdir(join(modelsDir, '.fetch-new'));
    const store = await storeWith(await pack(goodFiles));
    await store.pull();
    expect((await readdir(modelsDir)).filter((name) => name.startsWith('.fetch-'))).toEqual(['.fetch-new']);
  });

  it('stays whole when several pull at once', async () => {
    const store = await storeWith(await pack(goodFiles));
    await Promise.all([store.pull(), store.pull(), store.pull()]);
    expect(await store.verify()).toEqual([]);
  });

  it('refuses a tampered model by its name, and pulls it afresh', async () => {
    const store = await storeWith(await pack(goodFiles));
    await store.pull();
    const path = await onnxPath();
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    const error = await store.load('double').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelCorruptError);
    expect(error).toMatchObject({ id: 'double', path, actual: sha256(bytes) });
    expect(String(error)).toContain('likeness models pull');
    expect((await store.list())[0]!.state).toBe('corrupt');
    await store.pull();
    expect(await store.verify()).toEqual([]);
  });

  it('names a missing model and an unknown one', async () => {
    const store = await storeWith(await pack(goodFiles));
    await expect(store.load('double')).rejects.toBeInstanceOf(ModelMissingError);
    await expect(store.load('triple')).rejects.toBeInstanceOf(UnknownModelError);
    expect(await store.verify()).toEqual([expect.any(ModelMissingError)]);
  });

  it('fetches a damaged source again', async () => {
    const store = await storeWith(await pack(goodFiles));
    await store.pull();
    const sources = join(modelsDir, 'sources');
    for (const name of await readdir(sources)) await writeFile(join(sources, name), 'damaged');
    await rm(await onnxPath());
    await store.pull();
    expect(fetches).toBe(2);
    expect(await store.verify()).toEqual([]);
  });

  it('refuses a tarball of the wrong integrity and keeps nothing of it', async () => {
    const wrong = (manifest: ModelManifest): ModelManifest => ({
      ...manifest,
      packages: { doubling: { ...manifest.packages.doubling!, integrity: 'sha512-AAAA' } },
    });
    const store = await storeWith(await pack(goodFiles), wrong);
    await expect(store.pull()).rejects.toThrow(/doubling@1\.0\.0.*sha512-AAAA/s);
    expect(await readdir(join(modelsDir, 'sources'))).toEqual([]);
  });

  it('refuses a file that is not the pinned one, is missing, or is a link', async () => {
    const changed = { ...goodFiles, 'package/models/double.bin': Uint8Array.of(0, 0, 0, 9) };
    await expect((await storeWith(await pack(changed))).pull()).rejects.toThrow(/double\.bin has SHA-256/);
    const { 'package/models/double.json': json } = goodFiles;
    const without = { 'package/models/double.json': json };
    await expect((await storeWith(await pack(without))).pull()).rejects.toThrow(/double\.bin is not in its tarball/);
    const linked = { ...without, 'package/models/double.bin': '/etc/hostname' };
    await expect((await storeWith(await pack(linked))).pull()).rejects.toThrow(ModelFetchError);
  });

  it('writes nothing outside its folder, whatever a tarball calls its entries', async () => {
    const tarball = await pack({ ...goodFiles, 'package/evil': Uint8Array.of(1) }, (path) =>
      path === 'package/evil' ? 'package/models/../../../../evil' : path,
    );
    const before = await readdir(folder);
    const store = await storeWith(tarball);
    await store.pull();
    expect((await readdir(folder)).sort()).toEqual(before.sort());
    expect((await readdir(modelsDir, { recursive: true })).filter((path) => path.includes('evil'))).toEqual([]);
    expect(await store.verify()).toEqual([]);
  });

  it('refuses a conversion that gives other bytes than the manifest pins', async () => {
    const other = (manifest: ModelManifest): ModelManifest => ({
      ...manifest,
      models: manifest.models.map((entry) => ({ ...entry, onnx: { bytes: 1, sha256: 'f'.repeat(64) } })),
    });
    await expect((await storeWith(await pack(goodFiles), other)).pull()).rejects.toBeInstanceOf(ModelFormatError);
  });

  describe('a model with a file beside it', () => {
    const beside = (manifest: ModelManifest): ModelManifest => ({
      ...manifest,
      models: manifest.models.map((entry) => ({ ...entry, companions: ['models/double.json'] })),
    });
    const besidePath = async () => {
      const sources = join(modelsDir, 'sources');
      return join(sources, (await readdir(sources)).find((file) => file.endsWith('double.json'))!);
    };

    it('hands out the file that was pinned, and no other of its files', async () => {
      const store = await storeWith(await pack(goodFiles), beside);
      await store.pull();
      expect(Buffer.from(await store.loadCompanion('double', 'models/double.json'))).toEqual(GRAPH);
      await expect(store.loadCompanion('double', 'models/double.bin')).rejects.toThrow(UnknownModelError);
    });

    it('is not ready without it, or when it was tampered with, and is pulled afresh', async () => {
      const store = await storeWith(await pack(goodFiles), beside);
      await store.pull();
      await writeFile(await besidePath(), 'tampered');
      await expect(store.loadCompanion('double', 'models/double.json')).rejects.toThrow(ModelCorruptError);
      expect(await store.verify()).toEqual([expect.any(ModelCorruptError)]);
      await store.pull();
      await rm(await besidePath());
      await expect(store.loadCompanion('double', 'models/double.json')).rejects.toThrow(ModelMissingError);
      expect((await store.list())[0]!.state).toBe('missing');
      await store.pull();
      expect(await store.verify()).toEqual([]);
      expect(fetches).toBe(3);
    });
  });

  it('stops when its signal fires', async () => {
    const store = await storeWith(await pack(goodFiles));
    await expect(store.pull(undefined, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect((await store.list())[0]!.state).toBe('missing');
  });
});
