import { readFile, rm, stat, writeFile } from 'node:fs/promises';

/** What a partial is a part of. */
export interface Mark {
  readonly url: string;
  /** The strong ETag, or Last-Modified: the same while the file is. */
  readonly validator?: string;
}

/** Bytes of a file; 0 where it is not there. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** What is noted of a partial; undefined where nothing is. */
export async function readMark(partial: string): Promise<Mark | undefined> {
  try {
    return JSON.parse(await readFile(`${partial}.json`, 'utf8')) as Mark;
  } catch {
    return undefined;
  }
}

/** Notes what a partial is a part of. */
export async function writeMark(partial: string, mark: Mark): Promise<void> {
  await writeFile(`${partial}.json`, JSON.stringify(mark));
}

/** Lets go of what came of a file. */
export async function forget(partial: string): Promise<void> {
  await rm(partial, { force: true });
  await rm(`${partial}.json`, { force: true });
}
