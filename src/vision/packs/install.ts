import { constants, copyFile, mkdir, readdir, rename, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PackMissingError } from '../errors.ts';
import { sha256 } from '../models/digest.ts';
import { type Deployment, requireLicence } from '../models/index.ts';
import type { Downloader, Proxies } from './download.ts';
import { PackCorruptError, PackFetchError, PackLicenceNotAcceptedError } from './errors.ts';
import {
  addressOf,
  broughtFile,
  checkOptions,
  digestOf,
  type InstallOptions,
  isBrought,
  type LicenceTerms,
  pinsOf,
  requireSize,
  termsOf,
  type Wanted,
} from './install-options.ts';
import { whileLocked } from './lock.ts';
import { type PackEntry, type PackManifest, readPackManifest } from './manifest.ts';
import {
  digestOfFiles,
  type InstalledFile,
  type InstalledPackFile,
  isPackFileName,
  type PackRecord,
} from './pack-record.ts';
import { forget } from './partial.ts';
import { type PrepareSteps, prepareSteps } from './prepare.ts';
import {
  entryOf,
  type InstalledPack,
  installedPath,
  openPackStore,
  packFolder,
  partialFolder,
  readIfThere,
  recordName,
  recordOf,
} from './store.ts';

/** What an install did. */
export interface InstallResult {
  readonly pack: InstalledPack;
  /** `nothing` where all was there, `prepared` where only its preparation ran. */
  readonly did: 'installed' | 'prepared' | 'nothing';
}

/** Installs and removes packs; the command line's, never a server's. */
export interface PackInstaller {
  readonly manifest: PackManifest;
  /**
   * Installs a pack, or goes on with an install that was stopped. What is whole and of the right digest is not fetched
   * again. The record is written last: until then the pack isn't installed, or still the one that it was.
   *
   * @throws {UnknownPackError | ModelLicenceError | PackLicenceNotAcceptedError} before anything is fetched
   * @throws {PackUnpinnedError | PackUsageError} before anything is fetched
   * @throws {PackFetchError | PackBusyError}
   * @throws an AbortError when the signal fires; what came so far is gone on with the next time
   */
  install(id: string, options: InstallOptions): Promise<InstallResult>;
  /**
   * Removes a pack, and what of it was downloaded in part.
   *
   * @returns false where there was nothing of it
   * @throws {UnknownPackError | PackBusyError}
   */
  remove(id: string): Promise<boolean>;
  /**
   * Records something that was made of an installed pack beside its files, in the place of one of the same name. It
   * goes when other files of the pack are installed.
   *
   * @param path letters, digits, dots and dashes, not the name of a file of the pack
   * @returns where it lies
   * @throws {PackMissingError | UnknownPackError | PackBusyError | PackCorruptError}
   */
  recordProduct(id: string, path: string, bytes: Uint8Array): Promise<string>;
}

/** What an installer is made of. */
export interface PackInstallerParts {
  readonly modelsDir: string;
  readonly deployment?: Deployment;
  readonly proxies?: Proxies;
  readonly manifest?: PackManifest;
  readonly steps?: PrepareSteps;
  /** Opens what fetches; that of download.ts by default. */
  readonly openDownloader?: (proxies: Proxies) => Downloader | Promise<Downloader>;
  readonly clock?: () => number;
}

const lockName = 'lock';

/** Opens the installer of a models folder. */
export function openPackInstaller({
  modelsDir,
  deployment = 'commercial',
  proxies = {},
  manifest = readPackManifest(),
  steps = prepareSteps,
  // Loaded when something is fetched: workers only read packs, and need no HTTP client for it.
  openDownloader: open = async (given) => (await import('./download.ts')).openDownloader({ proxies: given }),
  clock = Date.now,
}: PackInstallerParts): PackInstaller {
  const store = openPackStore({ modelsDir, deployment, manifest, steps });

  const prepare = async (folder: string, record: PackRecord, options: InstallOptions): Promise<boolean> => {
    const step = steps[record.id];
    if (step === undefined) return false;
    const from = digestOfFiles(record.files, step.dependsOn());
    if (record.prepared?.from === from && (await allWhole(folder, record.prepared.products))) return false;
    const report = (done: number, total: number): void =>
      options.onProgress?.({
        phase: 'prepare',
        item: step.title,
        done: total > 0 ? Math.floor((100 * done) / total) : 0,
        total: 100,
        unit: 'percent',
      });
    report(0, 1);
    const made = await step.run({
      load: (file) => store.load(record.id, file),
      onProgress: report,
      signal: options.signal ?? new AbortController().signal,
    });
    options.signal?.throwIfAborted();
    const products: InstalledFile[] = [];
    for (const [path, bytes] of made) {
      if (!isPackFileName(path) || record.files.some((file) => file.path === path))
        throw new Error(`the step of ${record.id} makes a product with the name ${path}`);
      const product = { path, bytes: bytes.length, sha256: sha256(bytes) };
      await writeWhole(installedPath(folder, product), bytes);
      products.push(product);
    }
    await writeRecord(folder, { ...record, prepared: { from, products } });
    report(1, 1);
    return true;
  };

  const install = async (id: string, options: InstallOptions): Promise<InstallResult> => {
    const entry = entryOf(manifest, id);
    const folder = packFolder(modelsDir, id);
    const before = await recordOf(folder, entry).catch((error: unknown) => {
      // A damaged record is what a fresh install is for.
      if (error instanceof PackCorruptError) return undefined;
      throw error;
    });
    const terms = termsOf(entry, options, before);
    requireLicence({ id, licence: terms.name, commercialUse: terms.commercialUse }, deployment);
    checkOptions(entry, options, before);
    const wanted = await pinsOf(entry, options, before);
    if (!(before && sameTerms(before, terms)) && !(await options.accept(terms)))
      throw new PackLicenceNotAcceptedError(id, terms.name);
    await mkdir(join(folder, partialFolder), { recursive: true });

    return whileLocked(join(folder, lockName), id, async () => {
      const files: InstalledPackFile[] = wanted.map(({ file, sha256: digest, pinnedBy }) => {
        return { path: file.path, bytes: file.bytes ?? 0, sha256: digest, pinnedBy };
      });
      let fetched = false;
      const sizes = new Map<string, number>();
      const downloader = options.from === undefined ? await open(proxies) : undefined;
      try {
        const missing: Wanted[] = [];
        for (const want of wanted) {
          const size = await wholeSize(installedPath(folder, asInstalled(want)), want.sha256, options);
          // What is brought is looked at even where the same is installed: it may be meant to take its place.
          const given = options.from !== undefined && (await isBrought(options.from, want.file));
          if (size === undefined || given) missing.push(want);
          else sizes.set(want.file.path, size);
        }
        if (downloader) await requireRoom(folder, missing);
        for (const want of missing) {
          const path = await obtain(want, entry, folder, options, downloader);
          sizes.set(want.file.path, (await stat(path)).size);
          await rename(path, installedPath(folder, asInstalled(want)));
          await forget(path);
          fetched = true;
        }
      } finally {
        await downloader?.close();
      }
      const record: PackRecord = {
        format: 1,
        id,
        files: files.map((file) => ({ ...file, bytes: sizes.get(file.path) ?? 0 })),
        licence: terms.name,
        commercialUse: terms.commercialUse,
        installedAt: new Date(clock()).toISOString(),
        // What was made of the very same files holds for them.
        ...(before?.prepared && digestOfFiles(before.files) === digestOfFiles(files) && { prepared: before.prepared }),
      };
      const same = before !== undefined && !fetched && sameFiles(before, record) && sameTerms(before, terms);
      const kept: PackRecord = same ? before : record;
      if (!same) await writeRecord(folder, kept);
      const prepared = await prepare(folder, kept, options);
      await removeOthers(folder);
      const pack = await store.installed(id);
      if (!pack) throw new PackCorruptError(id, 'its record is not there after the install');
      return { pack, did: same ? (prepared ? 'prepared' : 'nothing') : 'installed' };
    });
  };

  /** Gets one file into the partial folder, whole and of its digest. */
  const obtain = async (
    { file, sha256: digest }: Wanted,
    entry: PackEntry,
    folder: string,
    options: InstallOptions,
    downloader: Downloader | undefined,
  ): Promise<string> => {
    const partial = join(folder, partialFolder, `${digest.slice(0, 16)}-${file.path}`);
    const { path, maxBytes = file.bytes ?? 0 } = file;
    if (options.from !== undefined) {
      const source = await broughtFile(options.from, file, entry);
      const { size } = await stat(source);
      options.onProgress?.({ phase: 'copy', item: path, done: 0, total: size, unit: 'bytes' });
      requireSize(source, size, file);
      await copyFile(source, partial, constants.COPYFILE_FICLONE);
      const actual = await digestOf(partial, path, options);
      if (actual === digest) return partial;
      await forget(partial);
      throw new PackFetchError(source, `it has SHA-256 ${actual}, expected ${digest}; nothing of it was used`);
    }
    const url = addressOf(entry, file, options.mirror);
    for (let tries = 0; ; tries++) {
      const onBytes = (done: number, total: number | undefined): void =>
        options.onProgress?.({ phase: 'fetch', item: path, done, total: total ?? file.bytes ?? 0, unit: 'bytes' });
      const { resumed } = (await downloader?.fetch(
        { url, partial, bytes: file.bytes, maxBytes },
        { onBytes, signal: options.signal },
      )) ?? { resumed: false };
      const actual = await digestOf(partial, path, options);
      if (actual === digest) return partial;
      await forget(partial);
      // A file that changed while it was fetched in parts fits no digest; whole it may.
      if (!resumed || tries > 0)
        throw new PackFetchError(url.href, `it has SHA-256 ${actual}, expected ${digest}; nothing of it was used`);
    }
  };

  return {
    manifest,
    install,
    async recordProduct(id, path, bytes) {
      const entry = entryOf(manifest, id);
      const folder = packFolder(modelsDir, id);
      if (!(await store.installed(id))) throw new PackMissingError(id);
      return whileLocked(join(folder, lockName), id, async () => {
        const record = await recordOf(folder, entry);
        if (!record) throw new PackMissingError(id);
        if (!isPackFileName(path) || steps[id] !== undefined || record.files.some((file) => file.path === path))
          throw new Error(`the pack ${id} takes no product of the name ${path}`);
        const product = { path, bytes: bytes.length, sha256: sha256(bytes) };
        await writeWhole(installedPath(folder, product), bytes);
        const others = (record.prepared?.products ?? []).filter((other) => other.path !== path);
        const prepared = { from: digestOfFiles(record.files), products: [...others, product] };
        await writeRecord(folder, { ...record, prepared });
        await removeOthers(folder);
        return installedPath(folder, product);
      });
    },
    async remove(id) {
      entryOf(manifest, id);
      const folder = packFolder(modelsDir, id);
      if (!(await stat(folder).catch(() => undefined))) return false;
      await whileLocked(join(folder, lockName), id, async () => {
        // The record first: what is left after a kill is no pack.
        await rm(join(folder, recordName), { force: true });
        for (const name of await readdir(folder))
          if (name !== lockName) await rm(join(folder, name), { recursive: true, force: true });
      });
      // One that began anew in the meantime keeps its folder.
      await rmdir(folder).catch(() => {});
      return true;
    },
  };
}

const asInstalled = ({ file, sha256: digest }: Wanted): InstalledFile => ({
  path: file.path,
  bytes: file.bytes ?? 0,
  sha256: digest,
});

/** Says so before an hour of downloading when the disk cannot hold it. */
async function requireRoom(folder: string, missing: readonly Wanted[]): Promise<void> {
  const needed = missing.reduce((sum, { file }) => sum + (file.bytes ?? 0), 0);
  const { bavail, bsize } = await statfs(folder);
  if (needed > bavail * bsize)
    throw new PackFetchError(
      folder,
      `the disk has ${Math.floor((bavail * bsize) / 1e6)} MB left, and ${Math.ceil(needed / 1e6)} MB are needed`,
    );
}

/** The size of a file that is there with that digest. */
async function wholeSize(path: string, digest: string, { signal }: InstallOptions): Promise<number | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return undefined;
  return (await digestOf(path, '', { accept: () => true, signal })) === digest ? info.size : undefined;
}

async function allWhole(folder: string, files: readonly InstalledFile[]): Promise<boolean> {
  for (const file of files) {
    const bytes = await readIfThere(installedPath(folder, file));
    if (!bytes || sha256(bytes) !== file.sha256) return false;
  }
  return true;
}

const sameTerms = (record: PackRecord, { name, commercialUse }: LicenceTerms): boolean =>
  record.licence === name && record.commercialUse === commercialUse;

const sameFiles = (one: PackRecord, other: PackRecord): boolean =>
  digestOfFiles(one.files) === digestOfFiles(other.files);

async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(path, '..', partialFolder, basename(path));
  await mkdir(join(path, '..', partialFolder), { recursive: true });
  await writeFile(temporary, bytes, { flush: true });
  await rename(temporary, path);
}

const writeRecord = (folder: string, record: PackRecord): Promise<void> =>
  writeWhole(join(folder, recordName), `${JSON.stringify(record, null, 2)}\n`);

/** Removes what the record doesn't name: files of an earlier version, products that were made anew, partials. */
async function removeOthers(folder: string): Promise<void> {
  const text = await readIfThere(join(folder, recordName));
  const record = JSON.parse(Buffer.from(text ?? []).toString('utf8')) as PackRecord;
  const named = [...record.files, ...(record.prepared?.products ?? [])].map((file) =>
    basename(installedPath('', file)),
  );
  const kept = new Set([recordName, lockName, ...named]);
  for (const name of await readdir(folder))
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
}
