import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileSha256 } from '../models/digest.ts';
import { PackFetchError, PackUnpinnedError, PackUsageError } from './errors.ts';
import type { PackEntry, PackFile } from './manifest.ts';
import type { PackRecord } from './pack-record.ts';

/** How far an install is. */
export interface InstallProgress {
  readonly phase: 'fetch' | 'copy' | 'check' | 'prepare';
  /** The file, or the title of the step that prepares. */
  readonly item: string;
  readonly done: number;
  /** 0 while it isn't known. */
  readonly total: number;
  readonly unit: 'bytes' | 'percent';
}

/** What is shown before a pack is taken. */
export interface LicenceTerms {
  readonly entry: PackEntry;
  readonly name: string;
  readonly commercialUse: boolean;
}

/** How a pack is installed. */
export interface InstallOptions {
  /** Shows the licence and says whether it is accepted. */
  readonly accept: (terms: LicenceTerms) => boolean | Promise<boolean>;
  /** A file, or a folder with the pack's files under their names: nothing is fetched then. */
  readonly from?: string | undefined;
  /** Another home than the official one: `<mirror>/<pack>/<file>`. It may speak http, because the digest decides. */
  readonly mirror?: string | undefined;
  /** What the operator vouches for: digests in hex by the name of the file. */
  readonly sha256?: ReadonlyMap<string, string> | undefined;
  /** What the operator states of files that they bring; only where the manifest knows no licence. */
  readonly stated?: { readonly licence: string; readonly commercialUse: boolean } | undefined;
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file to be had, with the digest that decides. */
export interface Wanted {
  readonly file: PackFile;
  readonly sha256: string;
  readonly pinnedBy: 'manifest' | 'operator';
}

/**
 * The licence that holds: the manifest's, or what the operator states of files that they bring, now or at an earlier
 * install.
 *
 * @throws {PackUsageError}
 */
export function termsOf(entry: PackEntry, { stated }: InstallOptions, before: PackRecord | undefined): LicenceTerms {
  if (entry.commercialUse !== undefined) {
    if (stated) throw new PackUsageError(`the licence of ${entry.id} is known (${entry.licence.name}): state none`);
    return { entry, name: entry.licence.name, commercialUse: entry.commercialUse };
  }
  if (!stated && before) return { entry, name: before.licence, commercialUse: before.commercialUse };
  if (!stated)
    throw new PackUsageError(
      `you bring the files of ${entry.id}, so you state their licence: --licence "<name>", and --commercial-use where it allows that`,
    );
  return { entry, name: stated.licence, commercialUse: stated.commercialUse };
}

/** Refuses what doesn't go with the pack. @throws {PackUsageError} */
export function checkOptions(
  entry: PackEntry,
  { from, mirror, sha256: given = new Map() }: InstallOptions,
  before: PackRecord | undefined,
): void {
  if (from !== undefined && mirror !== undefined)
    throw new PackUsageError('give --from or --mirror: what is brought is not fetched');
  for (const [name, digest] of given) {
    const file = entry.files.find(({ path }) => path === name);
    if (!file)
      throw new PackUsageError(
        `${entry.id} has no file ${name}; it has ${entry.files.map(({ path }) => path).join(', ')}`,
      );
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new PackUsageError(`the SHA-256 of ${name} is 64 hex digits`);
    if (file.sha256 !== undefined && file.sha256 !== digest)
      throw new PackUsageError(
        `${name} is pinned by this release to SHA-256 ${file.sha256}; no other file is installed in its place`,
      );
  }
  if (from === undefined && !before)
    for (const file of entry.files) if (mirror ?? file.url) addressOf(entry, file, mirror);
  const nowhere = entry.files.filter(({ url }) => url === undefined);
  if (!before && from === undefined && mirror === undefined && nowhere.length > 0)
    throw new PackUsageError(
      `you bring the files of ${entry.id}: --from <folder> with ${entry.files.map(({ path }) => path).join(' and ')} in it`,
    );
}

/**
 * Who vouches for each file: this release, the operator now, or the operator at an earlier install.
 *
 * @throws {PackUnpinnedError} naming the files that nobody vouches for
 */
export async function pinsOf(
  entry: PackEntry,
  options: InstallOptions,
  before: PackRecord | undefined,
): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  const unpinned: { path: string; url?: string | undefined; found?: string }[] = [];
  for (const file of entry.files) {
    const { path, sha256: pinned } = file;
    const given = options.sha256?.get(path);
    const earlier = before?.files.find((kept) => kept.path === path)?.sha256;
    if (pinned !== undefined) wanted.push({ file, sha256: pinned, pinnedBy: 'manifest' });
    else if (given !== undefined) wanted.push({ file, sha256: given, pinnedBy: 'operator' });
    else {
      const found =
        options.from === undefined
          ? earlier
          : await digestOf(await broughtFile(options.from, file, entry), path, options);
      if (found !== undefined && found === earlier) wanted.push({ file, sha256: found, pinnedBy: 'operator' });
      else unpinned.push({ path, url: file.url, ...(found !== undefined && { found }) });
    }
  }
  if (unpinned.length > 0) throw new PackUnpinnedError(entry.id, unpinned);
  return wanted;
}

/** Whether a file of a pack is among what was brought. @throws {PackUsageError} where nothing is there at all */
export async function isBrought(from: string, { path }: PackFile): Promise<boolean> {
  const info = await stat(from).catch(() => undefined);
  if (!info) throw new PackUsageError(`there is nothing at ${from}`);
  return info.isFile() || (await stat(join(from, path)).catch(() => undefined)) !== undefined;
}

/** Where a brought file is: the file itself, or the one of its name in the folder. @throws {PackUsageError} */
export async function broughtFile(from: string, { path }: PackFile, entry: PackEntry): Promise<string> {
  const info = await stat(from).catch(() => undefined);
  if (!info) throw new PackUsageError(`there is nothing at ${from}`);
  const inFolder = info.isDirectory() ? join(from, path) : from;
  if (!info.isDirectory() && entry.files.length > 1 && basename(from) !== path)
    throw new PackUsageError(
      `${entry.id} has several files: give the folder that holds ${entry.files.map((file) => file.path).join(', ')}`,
    );
  if (!(await stat(inFolder).catch(() => undefined))?.isFile())
    throw new PackUsageError(`there is no file ${path} in ${from}`);
  return inFolder;
}

/** Where a file is fetched. @throws {PackUsageError} */
export function addressOf(entry: PackEntry, { path, url }: PackFile, mirror: string | undefined): URL {
  if (mirror === undefined && url === undefined)
    throw new PackUsageError(`you bring the files of ${entry.id}: --from <folder> with ${path} in it`);
  if (mirror === undefined) return new URL(url ?? '');
  if (!URL.canParse(mirror) || !/^https?:$/.test(new URL(mirror).protocol))
    throw new PackUsageError('--mirror is an http or https address');
  return new URL(`${mirror.replace(/\/+$/, '')}/${entry.id}/${path}`);
}

/** Holds the size of a brought file against the manifest. @throws {PackFetchError} */
export function requireSize(source: string, size: number, { bytes, maxBytes = bytes ?? 0 }: PackFile): void {
  if (bytes !== undefined && size !== bytes)
    throw new PackFetchError(source, `it has ${size} bytes, expected ${bytes}: this is not the file that is pinned`);
  if (size > maxBytes) throw new PackFetchError(source, `it has ${size} bytes, and at most ${maxBytes} are taken`);
}

/** The SHA-256 of a file, in hex, with progress. */
export async function digestOf(path: string, item: string, { onProgress, signal }: InstallOptions): Promise<string> {
  const total = (await stat(path)).size;
  const onBytes = (done: number): void => onProgress?.({ phase: 'check', item, done, total, unit: 'bytes' });
  return fileSha256(path, { onBytes, signal });
}
