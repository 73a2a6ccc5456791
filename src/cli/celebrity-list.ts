import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type CsvRow, LabelError, readCsv } from '../bias/index.ts';
import type { OwnRequestOf } from '../contract/index.ts';
import { UsageError } from './exit-codes.ts';
import { imagesBelow } from './images.ts';

type Details = OwnRequestOf<'PutCelebrity'>;

/** A person to take into the gallery. */
export interface ListedPerson {
  readonly details: Details;
  /** Paths from the root of the list, in their order. */
  readonly photos: readonly string[];
}

/** A list of people to take into the gallery, and what of it cannot be read. */
export interface PersonList {
  /** Absolute; what the paths of photos are relative to. */
  readonly root: string;
  readonly people: readonly ListedPerson[];
  readonly problems: readonly { readonly where: string; readonly error: string }[];
}

const genders = ['Male', 'Female', 'Nonbinary', 'Unlisted'] as const;

/**
 * Reads who is to be taken into the gallery: a folder with one folder a person, or a CSV.
 *
 * @throws {UsageError} when it is neither
 */
export async function readPersonList(path: string): Promise<PersonList> {
  if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  return statSync(path).isDirectory() ? folderList(resolve(path)) : csvList(resolve(path));
}

/** The first folder of a photo's path is its person; photos that lie outside of one have none. */
async function folderList(root: string): Promise<PersonList> {
  const byFolder = new Map<string, string[]>();
  const problems: { where: string; error: string }[] = [];
  for (const photo of await imagesBelow(root)) {
    const [folder = '', ...rest] = photo.split(/[\\/]/);
    if (rest.length === 0) problems.push({ where: photo, error: 'lies in no folder that names its person' });
    else byFolder.set(folder, [...(byFolder.get(folder) ?? []), photo]);
  }
  const people: ListedPerson[] = [];
  for (const [folder, photos] of byFolder) {
    try {
      people.push({ details: detailsBeside(join(root, folder), nameOf(folder)), photos });
    } catch (error) {
      problems.push({ where: folder, error: (error as Error).message });
    }
  }
  if (people.length === 0 && problems.length === 0) {
    throw new UsageError(`there is no photo below ${root}: it takes a folder of photos for each person`);
  }
  return { root, people, problems };
}

function nameOf(folder: string): string {
  return basename(folder).replaceAll('_', ' ').trim();
}

/** What a person.json or person.csv in the person's folder says. */
function detailsBeside(folder: string, name: string): Details {
  const json = join(folder, 'person.json');
  const csv = join(folder, 'person.csv');
  if (existsSync(json)) {
    let said: unknown;
    try {
      said = JSON.parse(readFileSync(json, 'utf8'));
    } catch {
      throw new UsageError('person.json is no JSON');
    }
    if (typeof said !== 'object' || said === null || Array.isArray(said))
      throw new UsageError('person.json is no object');
    const known = new Set(['name', 'wikidata', 'urls', 'gender']);
    const unknown = Object.keys(said).find((member) => !known.has(member));
    if (unknown !== undefined) {
      throw new UsageError(`person.json has a member ${unknown}; it takes ${[...known].join(', ')}`);
    }
    const text = (member: string): string | undefined => {
      const value = (said as Readonly<Record<string, unknown>>)[member];
      if (value === undefined || typeof value === 'string') return value;
      throw new UsageError(`${member} in person.json must be a text`);
    };
    const { urls } = said as { readonly urls?: unknown };
    if (urls !== undefined && !(Array.isArray(urls) && urls.every((url) => typeof url === 'string'))) {
      throw new UsageError('urls in person.json must be a list of texts');
    }
    return detailsOf({
      name: text('name') ?? name,
      wikidata: text('wikidata'),
      gender: text('gender'),
      urls: urls as readonly string[] | undefined,
    });
  }
  if (existsSync(csv)) {
    const [row] = rowsOf(csv, []);
    if (row === undefined) throw new UsageError('person.csv has no row below its header');
    return detailsOfRow(row, name);
  }
  return detailsOf({ name });
}

function csvList(file: string): PersonList {
  const problems: { where: string; error: string }[] = [];
  const people: ListedPerson[] = [];
  for (const row of rowsOf(file, ['name', 'images'])) {
    try {
      const name = row.value('name');
      if (name === undefined) throw new UsageError('it has no name');
      people.push({ details: detailsOfRow(row, name), photos: listOf(row.value('images')) ?? [] });
    } catch (error) {
      problems.push({ where: `line ${row.line}`, error: (error as Error).message });
    }
  }
  if (people.length === 0 && problems.length === 0) throw new UsageError(`${file} holds no row below its header`);
  return { root: dirname(file), people, problems };
}

function rowsOf(file: string, needed: readonly string[]): readonly CsvRow[] {
  try {
    return readCsv(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'), needed, file);
  } catch (error) {
    if (error instanceof LabelError) throw new UsageError(error.message);
    throw error;
  }
}

function detailsOfRow(row: CsvRow, name: string): Details {
  return detailsOf({
    name: row.value('name') ?? name,
    wikidata: row.value('wikidata'),
    gender: row.value('gender'),
    urls: listOf(row.value('urls')),
  });
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(';')
    .map((part) => part.trim())
    .filter(Boolean);
}

function detailsOf(said: {
  readonly name: string;
  readonly wikidata?: string | undefined;
  readonly gender?: string | undefined;
  readonly urls?: readonly string[] | undefined;
}): Details {
  const { name, wikidata, gender, urls } = said;
  const knownGender = genders.find((one) => one.toLowerCase() === gender?.toLowerCase());
  if (gender !== undefined && knownGender === undefined) {
    throw new UsageError(`the gender '${gender}' is none of ${genders.join(', ')}`);
  }
  if (wikidata !== undefined && !/^Q[1-9][0-9]{0,14}$/.test(wikidata)) {
    throw new UsageError(`'${wikidata}' is no Wikidata id such as Q42`);
  }
  return {
    name,
    ...(wikidata !== undefined && { wikidata }),
    ...(knownGender !== undefined && { knownGender }),
    ...(urls !== undefined && { urls }),
  };
}
