import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RekognitionMethods } from '../../library.ts';
import { externalImageIdOf } from '../images.ts';
import type { Terminal } from '../output.ts';
import { type Failure, inBulk } from './in-bulk.ts';

/** What earlier runs of a migration did, by the old system's ids, so that one that was stopped goes on where it was. */
export interface Results<Value> {
  get(key: string): Value | undefined;
  add(key: string, value: Value): void;
  all(): ReadonlyMap<string, Value>;
}

/** Opens the results of a migration; a line that a kill tore is done again. */
export function openResults<Value>(dataDir: string, names: readonly string[]): Results<Value> {
  const name = createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 32);
  const path = join(dataDir, 'migration-journals', `${name}.jsonl`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const results = new Map<string, Value>();
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const line of before.split('\n')) {
    try {
      const [key, value] = JSON.parse(line) as [string, Value];
      results.set(key, value);
    } catch {
      // Torn, or the end.
    }
  }
  if (before !== '' && !before.endsWith('\n')) appendFileSync(path, '\n');
  return {
    get: (key) => results.get(key),
    add(key, value) {
      appendFileSync(path, `${JSON.stringify([key, value])}\n`, { mode: 0o600 });
      results.set(key, value);
    },
    all: () => results,
  };
}

/** Finds a collection, or makes it for a purpose. @returns when it was made, for journals */
export async function ensureCollection(
  api: RekognitionMethods,
  collectionId: string,
  purpose: string | undefined,
): Promise<string> {
  const describe = () => api.describeCollection({ CollectionId: collectionId });
  try {
    return `${(await describe()).CreationTimestamp?.getTime()}`;
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
  }
  await api.createCollection({
    CollectionId: collectionId,
    ...(purpose !== undefined && { Tags: { 'likeness:purpose': purpose } }),
  });
  return `${(await describe()).CreationTimestamp?.getTime()}`;
}

/** The name of a person as an ExternalImageId and UserId: what the API does not allow becomes `_`; see docs/migration.md. */
export function subjectIdOf(name: string): string {
  const id = externalImageIdOf(name);
  if (id.length <= mostUserId) return id;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${id.slice(0, mostUserId - 9)}.${digest}`;
}

/** Characters that AWS allows a UserId. */
const mostUserId = 128;
const facesPerUser = 100;

/** What became of users and their faces. */
export interface MadeUsers {
  readonly users: number;
  readonly associated: number;
  readonly failures: readonly Failure[];
  readonly isInterrupted: boolean;
}

/**
 * Makes users that are not there and gives them their faces; what they have already stays.
 *
 * @param threshold how alike a user's faces must be, 0..100; the API's default when absent
 */
export async function makeUsers(
  api: RekognitionMethods,
  collectionId: string,
  users: ReadonlyMap<string, readonly string[]>,
  terminal: Terminal,
  threshold?: number,
): Promise<MadeUsers> {
  let associated = 0;
  const refused: Failure[] = [];
  const how = {
    label: `Making users in ${collectionId}`,
    unit: 'users',
    atOnce: 2,
    terminal,
    nameOf: ([userId]: readonly [string, readonly string[]]) => userId,
  } as const;
  const bulk = await inBulk([...users], how, async ([userId, faceIds]) => {
    try {
      await api.createUser({ CollectionId: collectionId, UserId: userId });
    } catch (error) {
      if ((error as Error).name !== 'ConflictException') throw error;
    }
    const some = faceIds.slice(0, facesPerUser);
    if (faceIds.length > some.length) {
      refused.push({
        item: userId,
        code: 'TooManyFaces',
        message: `a user holds at most ${facesPerUser} faces; the others stay without one`,
      });
    }
    if (some.length === 0) return;
    const answer = await api.associateFaces({
      CollectionId: collectionId,
      UserId: userId,
      FaceIds: some,
      ...(threshold !== undefined && { UserMatchThreshold: threshold }),
    });
    associated += answer.AssociatedFaces?.length ?? 0;
    for (const { FaceId, Reasons } of answer.UnsuccessfulFaceAssociations ?? []) {
      const reasons = Reasons ?? [];
      refused.push({ item: `${userId}: ${FaceId}`, code: 'NotAssociated', message: reasons.join(', ') || 'unknown' });
    }
  });
  return {
    users: bulk.tried - bulk.failures.length,
    associated,
    failures: [...bulk.failures, ...refused],
    isInterrupted: bulk.isInterrupted,
  };
}

/** The faces of a collection without a user, by ExternalImageId. */
export async function freeFacesByName(
  api: RekognitionMethods,
  collectionId: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byName = new Map<string, string[]>();
  for (let token: string | undefined; ; ) {
    const page = await api.listFaces({
      CollectionId: collectionId,
      MaxResults: 4096,
      ...(token !== undefined && { NextToken: token }),
    });
    for (const { FaceId, ExternalImageId, UserId } of page.Faces ?? []) {
      if (FaceId === undefined || ExternalImageId === undefined || UserId !== undefined) continue;
      byName.set(ExternalImageId, [...(byName.get(ExternalImageId) ?? []), FaceId]);
    }
    token = page.NextToken;
    if (token === undefined) return byName;
  }
}

/** Writes a table with commas that only its owner reads, whole or not at all. */
export function writeTable(
  file: string,
  columns: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
): void {
  const cell = (value = '') => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const text = [columns, ...rows].map((row) => row.map((value) => cell(value)).join(',')).join('\n');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
}
