import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { sha256 } from '../models/digest.ts';
import { ModelLicenceError } from '../models/index.ts';
import {
  installedVersions,
  openPackStore,
  PackCorruptError,
  type PackEntry,
  PackMissingError,
  type PackVersions,
  type PrepareSteps,
  UnknownPackError,
} from './index.ts';
import { digestOfFiles, type InstalledPackFile, type PackRecord } from './pack-record.ts';
import { installedPath, packFolder } from './store.ts';

const bytes = Buffer.from('a net');
const other = Buffer.from('words');
const product = Buffer.from('vectors');

const entry = (changes: Partial<PackEntry> = {}): PackEntry => ({
  id: 'two',
  purpose: 'for a test',
  kind: 'image-classifier',
  files: [
    { path: 'net.onnx', url: 'https://example.org/net.onnx', bytes: 5, sha256: sha256(bytes), holds: 'a net' },
    { path: 'words.json', maxBytes: 100, holds: 'words' },
  ],
  licence: { name: 'MIT' },
  commercialUse: true,
  provenance: { authors: '', upstream: '', trainingData: '', caveats: '' },
  signature: { inputs: [], outputs: [], notes: [] },
  measured: 'no',
  ...changes,
});

const files: InstalledPackFile[] = [
  { path: 'net.onnx', bytes: 5, sha256: sha256(bytes), pinnedBy: 'manifest' },
  { path: 'words.json', bytes: 5, sha256: sha256(other), pinnedBy: 'operator' },
];
const record: PackRecord = {
  format: 1,
  id: 'two',
  files,
  licence: 'MIT',
  commercialUse: true,
  installedAt: '2026-01-01T00:00:00.000Z',
};

describe('the store of packs', () => {
  let modelsDir: string;
  let folder: string;

  beforeEach(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), 'likeness-packs-'));
    folder = packFolder(modelsDir, 'two');
    await mkdir(folder, { recursive: true });
  });
  afterEach(() => rm(modelsDir, { recursive: true, force: true }));

  const write = async (kept: unknown = record) => {
    await writeFile(installedPath(folder, files[0]!), bytes);
    await writeFile(installedPath(folder, files[1]!), other);
    await writeFile(join(folder, 'pack.json'), typeof kept === 'string' ? kept : JSON.stringify(kept));
  };
  const open = (changes: Partial<PackEntry> = {}, steps: PrepareSteps = {}) =>
    openPackStore({ modelsDir, manifest: { packs: [entry(changes)] }, steps });

  it('gives the bytes of what is installed, and a version that is that of these files alone', async () => {
    await write();
    const pack = await open().installed('two');
    expect(pack).toMatchObject({ ready: true, products: [], licence: 'MIT', commercialUse: true });
    expect(pack?.version).toMatch(/^[0-9a-f]{12}$/);
    expect(Buffer.from(await open().load('two', 'net.onnx'))).toEqual(bytes);
    expect(await open().list()).toMatchObject([{ state: 'installed' }]);
  });

  it('says that a pack is not there, with the command that installs it', async () => {
    expect(await open().installed('two')).toBeUndefined();
    await expect(open().load('two', 'net.onnx')).rejects.toBeInstanceOf(PackMissingError);
    await expect(open().load('two', 'net.onnx')).rejects.toThrow('likeness models pull two');
    await expect(open().installed('three')).rejects.toBeInstanceOf(UnknownPackError);
    expect(await open().list()).toMatchObject([{ state: 'absent' }]);
  });

  it('shows a server only what it started with, in the version that it started with', async () => {
    await write();
    const { manifest } = open();
    const versions = await installedVersions(open(), () => {});
    const reopened = (startedWith: PackVersions) => openPackStore({ modelsDir, manifest, startedWith, steps: {} });
    expect(await reopened(versions).installed('two')).toBeDefined();
    expect(await reopened({}).installed('two')).toBeUndefined();
    expect(await reopened({ two: 'another' }).installed('two')).toBeUndefined();
  });

  it('starts a server without a damaged pack, and tells of it', async () => {
    await write('{');
    const problems: Error[] = [];
    expect(await installedVersions(open(), (problem) => problems.push(problem))).toEqual({});
    expect(problems).toMatchObject([{ name: 'PackCorruptError', packId: 'two' }]);
  });

  it('never gives bytes that are not those of their digest', async () => {
    await write();
    await writeFile(installedPath(folder, files[1]!), 'wordz');
    await expect(open().load('two', 'words.json')).rejects.toBeInstanceOf(PackCorruptError);
    expect(await open().list()).toMatchObject([{ state: 'damaged' }]);
    await rm(installedPath(folder, files[1]!));
    await expect(open().load('two', 'words.json')).rejects.toThrow(/is missing/);
  });

  it('holds the record against the manifest: a digest that this release pins cannot be changed beside the file', async () => {
    const tampered = Buffer.from('a bad');
    const changed = { ...files[0]!, sha256: sha256(tampered) };
    await write({ ...record, files: [changed, files[1]] });
    await writeFile(installedPath(folder, changed), tampered);
    await expect(open().load('two', 'net.onnx')).rejects.toBeInstanceOf(PackCorruptError);
  });

  it.each([
    ['no JSON', '{'],
    ['another pack', { ...record, id: 'one' }],
    ['a file too few', { ...record, files: files.slice(1) }],
    ['a file twice', { ...record, files: [files[0], files[0]] }],
    ['a path out of the folder', { ...record, files: [files[0], { ...files[1], path: '../words.json' }] }],
    ['a digest that is none', { ...record, files: [files[0], { ...files[1], sha256: '../../etc/passwd' }] }],
    ['no licence', { ...record, licence: undefined }],
  ])('refuses a record that is %s', async (_, kept) => {
    await write(kept);
    await expect(open().installed('two')).rejects.toBeInstanceOf(PackCorruptError);
    expect(await open().list()).toMatchObject([{ state: 'damaged' }]);
  });

  it('refuses in a commercial deployment what may not be used for gain, whatever the record says', async () => {
    await write();
    await expect(open({ commercialUse: false }).load('two', 'net.onnx')).rejects.toBeInstanceOf(ModelLicenceError);
    expect(await open({ commercialUse: false }).list()).toMatchObject([{ state: 'not-licensed' }]);
    const manifest = { packs: [entry({ commercialUse: false })] };
    const free = openPackStore({ modelsDir, manifest, deployment: 'non-commercial' });
    expect(await free.installed('two')).toBeDefined();
  });

  it('goes by what the operator stated where the operator brought the files', async () => {
    await write({ ...record, commercialUse: false });
    const { commercialUse: _, ...brought } = entry();
    const theirs = openPackStore({ modelsDir, manifest: { packs: [brought] }, steps: {} });
    await expect(theirs.installed('two')).rejects.toBeInstanceOf(ModelLicenceError);
    await write();
    expect(await theirs.installed('two')).toBeDefined();
  });

  it('gives products only while what they were made from is the same', async () => {
    let table = 'first';
    const step = { title: '', dependsOn: () => table, run: async () => new Map() };
    const made = { path: 'vectors.f16', bytes: product.length, sha256: sha256(product) };
    await write({ ...record, prepared: { from: digestOfFiles(files, 'first'), products: [made] } });
    await writeFile(installedPath(folder, made), product);
    const store = open({}, { two: step });
    expect(Buffer.from(await store.load('two', 'vectors.f16'))).toEqual(product);
    const before = await store.installed('two');
    const { manifest } = store;
    const startedWith = { two: before?.version ?? '' };
    const started = openPackStore({ modelsDir, manifest, steps: { two: step }, startedWith });
    expect(await started.installed('two')).toBeDefined();
    table = 'second';
    expect(await store.installed('two')).toMatchObject({ ready: false, products: [] });
    expect(await started.installed('two')).toBeUndefined();
    const problems: Error[] = [];
    await installedVersions(store, (problem) => problems.push(problem));
    expect(problems).toMatchObject([{ name: 'PackMissingError', packId: 'two' }]);
    await expect(store.load('two', 'vectors.f16')).rejects.toBeInstanceOf(PackMissingError);
    expect(await store.list()).toMatchObject([{ state: 'unprepared' }]);
  });
});

describe('the manifest of packs', () => {
  it('names files that stay in their folder, of a size that is known or bounded, from https, or from the operator', async () => {
    const { manifest } = openPackStore({ modelsDir: tmpdir() });
    for (const pack of manifest.packs) {
      expect(pack.id).toMatch(/^[a-z]+$/);
      for (const file of pack.files) {
        expect(file.path).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
        expect(file.bytes ?? file.maxBytes).toBeGreaterThan(0);
        if (file.url !== undefined) expect(file.url).toMatch(/^https:\/\//);
        if (file.sha256 !== undefined) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
        if (file.sha256 !== undefined) expect(file.bytes).toBeDefined();
      }
      expect(new Set(pack.files.map(({ path }) => path)).size).toBe(pack.files.length);
      // Who brings the files states the licence; of all others it is known.
      const brought = pack.files.every(({ url }) => url === undefined);
      expect(pack.commercialUse === undefined).toBe(brought);
      if (!brought) expect(pack.licence.url).toMatch(/^https:\/\//);
    }
  });

  it('has texts of licences that are there', async () => {
    const { manifest } = openPackStore({ modelsDir: tmpdir() });
    for (const { licence } of manifest.packs)
      if (licence.text)
        expect(await readFile(join(packageRoot(), 'data', licence.text), 'utf8')).toMatch(/licen[cs]e/i);
  });
});
