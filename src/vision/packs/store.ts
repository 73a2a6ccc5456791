import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PackMissingError } from '../errors.ts';
import { fileSha256, sha256 } from '../models/digest.ts';
import { type Deployment, ModelLicenceError, requireLicence } from '../models/index.ts';
import { PackCorruptError, UnknownPackError } from './errors.ts';
import { type PackEntry, type PackManifest, readPackManifest } from './manifest.ts';
import {
  digestOfFiles,
  type InstalledFile,
  type InstalledPackFile,
  isPackFileName,
  type PackRecord,
  readPackRecord,
  versionOfFiles,
} from './pack-record.ts';
import { type PrepareSteps, prepareSteps } from './prepare.ts';

/** A pack that may be used: whole by its record, and licensed for this deployment. */
export interface InstalledPack {
  readonly entry: PackEntry;
  /** Names exactly these files and what was prepared of them: 12 hex digits. */
  readonly version: string;
  readonly files: readonly InstalledPackFile[];
  /** What preparing it made; none where nothing is prepared, or where what was prepared is out of date. */
  readonly products: readonly InstalledFile[];
  /** False where a step of preparation is still to run: `likeness models pull <id>` runs it. */
  readonly ready: boolean;
  readonly licence: string;
  readonly commercialUse: boolean;
  readonly installedAt: string;
}

/** A pack and how it stands. */
export interface PackStatus {
  readonly entry: PackEntry;
  /** `unprepared`: installed, but its preparation is to run again. `unfinished`: part of it was downloaded. */
  readonly state: 'installed' | 'unprepared' | 'unfinished' | 'absent' | 'damaged' | 'not-licensed';
  readonly installed?: InstalledPack;
  /** What is wrong, where something is. */
  readonly problem?: Error;
  readonly folder: string;
}

/** The optional packs of a models folder, to use: each under `packs/<id>/`. */
export interface PackStore {
  readonly manifest: PackManifest;
  /**
   * The pack if it is installed; files are named and not read, see {@link load}.
   *
   * @returns undefined where it isn't installed
   * @throws {UnknownPackError | PackCorruptError | ModelLicenceError}
   */
  installed(id: string): Promise<InstalledPack | undefined>;
  /**
   * Reads a file or a product of a pack and verifies what was read.
   *
   * @param file the name in the manifest, or that of a product
   * @throws {PackMissingError} where the pack isn't installed, or the product isn't prepared
   * @throws {UnknownPackError | PackCorruptError | ModelLicenceError}
   */
  load(id: string, file: string): Promise<Uint8Array>;
  /**
   * Every pack of the manifest and its state.
   *
   * @param look `digests` reads every file through, `sizes` (for who is asked often) only looks at their sizes;
   * `digests` when left out
   */
  list(look?: 'digests' | 'sizes'): Promise<PackStatus[]>;
}

/** Installed packs by id, with the version of each: plain data, for worker processes. */
export type PackVersions = Readonly<Record<string, string>>;

/** What a store of packs is made of. */
export interface PackStoreParts {
  /** The cache folder of models. */
  readonly modelsDir: string;
  /** What the server is run for; commercial by default, which allows the fewest packs. */
  readonly deployment?: Deployment;
  readonly manifest?: PackManifest;
  /**
   * The packs that a server started with: no other is seen, so that all its workers answer alike until it is started
   * again. Every pack is seen when left out.
   */
  readonly startedWith?: PackVersions | undefined;
  /** The steps that prepare packs; those of this release by default. */
  readonly steps?: PrepareSteps;
}

/** The record of a pack, beside its files. */
export const recordName = 'pack.json';
/** Where downloads lie until they are whole. */
export const partialFolder = 'partial';
const DIGEST_CHARACTERS = 16;

/** Where a file of a pack lies: named by its digest too, so that a new pack never overwrites what a reader has open. */
export function installedPath(folder: string, { path, sha256: digest }: InstalledFile): string {
  return join(folder, `${digest.slice(0, DIGEST_CHARACTERS)}-${path}`);
}

/** The folder of a pack. */
export function packFolder(modelsDir: string, id: string): string {
  return join(modelsDir, 'packs', id);
}

/** A file's bytes; undefined where it is not there. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Finds a pack in a manifest. @throws {UnknownPackError} */
export function entryOf(manifest: PackManifest, id: string): PackEntry {
  const entry = manifest.packs.find((candidate) => candidate.id === id);
  if (!entry) throw new UnknownPackError(id);
  // The manifest is this release's own; still, no name in it leads out of the pack's folder.
  if (![id, ...entry.files.map(({ path }) => path)].every(isPackFileName))
    throw new PackCorruptError(id, 'the manifest names a file that is not a plain name');
  return entry;
}

/** The record of a pack, held against the manifest. @throws {PackCorruptError} */
export async function recordOf(folder: string, entry: PackEntry): Promise<PackRecord | undefined> {
  const bytes = await readIfThere(join(folder, recordName));
  if (!bytes) return undefined;
  const record = readPackRecord(Buffer.from(bytes).toString('utf8'), entry.id);
  if (!record) throw new PackCorruptError(entry.id, `${join(folder, recordName)} is not a record of it`);
  const names = record.files.map(({ path }) => path);
  if (names.length !== entry.files.length || new Set(names).size !== names.length)
    throw new PackCorruptError(entry.id, 'its record names other files than this release');
  for (const { path, sha256: pinned } of entry.files) {
    const file = record.files.find((candidate) => candidate.path === path);
    if (!file) throw new PackCorruptError(entry.id, `its record has no ${path}`);
    // What this release pins is never taken from the record, which lies beside the files.
    if (pinned !== undefined && file.sha256 !== pinned)
      throw new PackCorruptError(entry.id, `${path} was installed with SHA-256 ${file.sha256}, expected ${pinned}`);
  }
  return record;
}

/** Opens the packs to use them; nothing is installed by it. */
export function openPackStore({
  modelsDir,
  deployment = 'commercial',
  manifest = readPackManifest(),
  startedWith,
  steps = prepareSteps,
}: PackStoreParts): PackStore {
  const installed = async (id: string): Promise<InstalledPack | undefined> => {
    const entry = entryOf(manifest, id);
    if (startedWith !== undefined && startedWith[id] === undefined) return undefined;
    const record = await recordOf(packFolder(modelsDir, id), entry);
    if (!record) return undefined;
    const { files, licence, installedAt } = record;
    // The manifest's word holds; only where it leaves it to the operator does the record say.
    const commercialUse = entry.commercialUse ?? record.commercialUse;
    requireLicence({ id, licence, commercialUse }, deployment);
    const step = steps[id];
    const ready = step === undefined || record.prepared?.from === digestOfFiles(files, step.dependsOn());
    const products = ready ? (record.prepared?.products ?? []) : [];
    const version = versionOfFiles([...files, ...products]);
    if (startedWith !== undefined && startedWith[id] !== version) return undefined;
    return {
      entry,
      version,
      files,
      products,
      ready,
      licence,
      commercialUse,
      installedAt,
    };
  };

  const read = async (id: string, file: InstalledFile): Promise<Uint8Array> => {
    const path = installedPath(packFolder(modelsDir, id), file);
    const bytes = await readIfThere(path);
    if (!bytes) throw new PackCorruptError(id, `${path} is missing`);
    const actual = sha256(bytes);
    if (actual !== file.sha256)
      throw new PackCorruptError(id, `${path} has SHA-256 ${actual}, expected ${file.sha256}`);
    return bytes;
  };

  const load = async (id: string, name: string): Promise<Uint8Array> => {
    const pack = await installed(id);
    const file = pack && [...pack.files, ...pack.products].find(({ path }) => path === name);
    if (!file) throw new PackMissingError(id);
    return read(id, file);
  };

  /** Holds a file against its record without keeping it in memory. @throws {PackCorruptError} */
  const look = async (id: string, file: InstalledFile, digests: boolean): Promise<void> => {
    const path = installedPath(packFolder(modelsDir, id), file);
    const size = (await stat(path).catch(() => undefined))?.size;
    if (size === undefined) throw new PackCorruptError(id, `${path} is missing`);
    if (size !== file.bytes) throw new PackCorruptError(id, `${path} has ${size} bytes, expected ${file.bytes}`);
    const actual = digests ? await fileSha256(path) : file.sha256;
    if (actual !== file.sha256)
      throw new PackCorruptError(id, `${path} has SHA-256 ${actual}, expected ${file.sha256}`);
  };

  const statusOf = async (entry: PackEntry, digests: boolean): Promise<PackStatus> => {
    const folder = packFolder(modelsDir, entry.id);
    try {
      const pack = await installed(entry.id);
      if (!pack) {
        const begun = await readdir(join(folder, partialFolder)).catch(() => []);
        return { entry, folder, state: begun.length > 0 ? 'unfinished' : 'absent' };
      }
      for (const file of [...pack.files, ...pack.products]) await look(entry.id, file, digests);
      return { entry, folder, installed: pack, state: pack.ready ? 'installed' : 'unprepared' };
    } catch (error) {
      if (error instanceof ModelLicenceError) return { entry, folder, state: 'not-licensed', problem: error };
      if (error instanceof PackCorruptError) return { entry, folder, state: 'damaged', problem: error };
      throw error;
    }
  };

  return {
    manifest,
    installed,
    load,
    async list(how = 'digests') {
      const statuses: PackStatus[] = [];
      for (const entry of manifest.packs) statuses.push(await statusOf(entry, how === 'digests'));
      return statuses;
    },
  };
}

/** The packs that may be used, as {@link PackStoreParts.startedWith} takes them; damaged ones are left out, and told as
 * those are that wait for their preparation. */
export async function installedVersions(store: PackStore, onProblem: (problem: Error) => void): Promise<PackVersions> {
  const versions: Record<string, string> = {};
  for (const { id } of store.manifest.packs) {
    try {
      const pack = await store.installed(id);
      if (pack) versions[id] = pack.version;
      if (pack?.ready === false) onProblem(new PackMissingError(id));
    } catch (error) {
      if (!(error instanceof PackCorruptError || error instanceof ModelLicenceError)) throw error;
      onProblem(error);
    }
  }
  return versions;
}
