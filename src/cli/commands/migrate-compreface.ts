import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configOf, connect } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { failureLines, inBulk } from '../moving/in-bulk.ts';
import { ensureCollection, openResults, subjectIdOf, writeTable } from '../moving/migration.ts';
import { printResult, type Terminal } from '../output.ts';
import { duration } from '../progress.ts';
import { inFlight } from './index-folder.ts';
import { exitCodeFor, type MigrationFlags, usersByName } from './migrate-folder.ts';

/** Options of `likeness migrate from-compreface`. */
export interface CompreFaceFlags extends MigrationFlags {
  /** A file with the API key of the recognition service in its first line. */
  readonly apiKeyFile: string;
  readonly table?: string;
}

interface Example {
  readonly imageId: string;
  readonly subject: string;
}

const pageSize = 500;
const timeoutMs = 60_000;
const uuid = /^[0-9a-fA-F-]{36}$/;

/**
 * Brings the face collection of a CompreFace recognition service over through its REST API: the image of each example is
 * indexed again under its subject's name, because embeddings of another network cannot be compared.
 *
 * @returns the exit code
 * @source CompreFace, docs/Rest-API-description.md: List of All Saved Examples, Download an Image example, List Subjects
 */
export async function runMigrateCompreFace(url: string, flags: CompreFaceFlags, terminal: Terminal): Promise<number> {
  const config = configOf(flags);
  const service = compreFaceAt(url, apiKeyOf(flags.apiKeyFile));
  const [examples, subjects] = [await service.examples(), await service.subjects()];
  const { api, close } = await connect(flags, terminal);
  try {
    const madeAt = await ensureCollection(api, flags.into, flags.purpose);
    const results = openResults<string>(config.dataDir, ['compreface', flags.into, madeAt, service.origin]);
    const todo = examples.filter(({ imageId }) => results.get(imageId) === undefined);
    const bulk = await inBulk(
      todo,
      {
        label: `Indexing into ${flags.into}`,
        unit: 'files',
        atOnce: flags.concurrency ?? inFlight(config.workers),
        terminal,
        nameOf: ({ imageId, subject }) => `${subject} ${imageId}`,
      },
      async ({ imageId, subject }) => {
        const { FaceRecords = [] } = await api.indexFaces({
          CollectionId: flags.into,
          Image: { Bytes: await service.image(imageId) },
          ExternalImageId: subjectIdOf(subject),
          MaxFaces: 1,
          QualityFilter: 'NONE',
        });
        const faceId = FaceRecords[0]?.Face?.FaceId;
        if (faceId === undefined) throw named('NoFace', 'no face was found in the image');
        results.add(imageId, faceId);
      },
    );
    const names = new Set([...subjects, ...examples.map(({ subject }) => subject)].map(subjectIdOf));
    const users =
      flags.users === true && !bulk.isInterrupted ? await usersByName(api, flags.into, names, terminal) : undefined;
    const table = resolve(flags.table ?? join(config.dataDir, 'migrations', `${flags.into}-from-compreface.csv`));
    writeTable(
      table,
      ['image_id', 'subject', 'face_id', 'external_image_id'],
      examples.map(({ imageId, subject }) => [imageId, subject, results.get(imageId), subjectIdOf(subject)]),
    );
    const failures = [...bulk.failures, ...(users?.failures ?? [])];
    const came = bulk.tried - bulk.failures.length;
    const told = {
      collectionId: flags.into,
      subjects: names.size,
      examples: examples.length,
      cameOver: came,
      before: examples.length - todo.length,
      ...(users && { users: users.users, associated: users.associated }),
      table,
      failures,
      seconds: bulk.seconds,
    };
    printResult(terminal, flags.json === true, told, () =>
      [
        `${came} of ${examples.length} examples of ${names.size} subjects came over into ${flags.into} (${duration(bulk.seconds)})`,
        ...(told.before > 0 ? [`${told.before} came over in an earlier run`] : []),
        ...(users ? [`${users.users} users, ${users.associated} faces given to them`] : []),
        `which image became which face: ${table}`,
        ...failureLines(failures),
      ].join('\n'),
    );
    return exitCodeFor(bulk.isInterrupted || users?.isInterrupted === true, failures.length, came + told.before);
  } finally {
    await close();
  }
}

/** The part of CompreFace's REST API that a migration reads. The key goes to this origin alone. */
function compreFaceAt(url: string, apiKey: string) {
  let origin: string;
  try {
    origin = new URL(url).origin;
  } catch {
    throw new UsageError(`${url} is no address: write for example http://localhost:8000`);
  }
  const get = async (path: string): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(`${origin}/api/v1/recognition/${path}`, {
        headers: { 'x-api-key': apiKey },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      const why = (cause as Error).cause ?? cause;
      throw named('CompreFaceUnreachable', `CompreFace does not answer at ${origin}: ${(why as Error).message}`);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw named(
      'CompreFaceRefused',
      response.status === 401 || response.status === 400 || response.status === 404
        ? `CompreFace answered ${response.status}: is it the API key of a recognition service, and is it there still?`
        : `CompreFace answered ${response.status}`,
    );
  };
  const json = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
    const response = await get(path);
    try {
      const value: unknown = await response.json();
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Told below.
    }
    throw named('CompreFaceRefused', `what answers at ${origin} is no CompreFace: it sent no JSON`);
  };
  return {
    origin,
    async subjects(): Promise<readonly string[]> {
      const { subjects } = await json('subjects/');
      return Array.isArray(subjects) ? subjects.filter((name): name is string => typeof name === 'string') : [];
    },
    async examples(): Promise<readonly Example[]> {
      const found = new Map<string, Example>();
      for (let page = 0; ; page += 1) {
        const { faces, total_pages: pages } = await json(`faces?page=${page}&size=${pageSize}`);
        if (!Array.isArray(faces)) throw named('CompreFaceRefused', `what answers at ${origin} is no CompreFace`);
        for (const face of faces as { image_id?: unknown; subject?: unknown }[]) {
          const { image_id: imageId, subject } = face;
          if (typeof imageId !== 'string' || !uuid.test(imageId) || typeof subject !== 'string') continue;
          found.set(imageId, { imageId, subject });
        }
        if (faces.length === 0 || page + 1 >= Number(pages ?? 1)) return [...found.values()];
      }
    },
    async image(imageId: string): Promise<Uint8Array> {
      const bytes = new Uint8Array(await (await get(`faces/${imageId}/img`)).arrayBuffer());
      if (bytes.length > 0) return bytes;
      throw named(
        'NoImage',
        'CompreFace keeps no image of it (save_images_to_db=false): only its embedding, which cannot be compared',
      );
    },
  };
}

function apiKeyOf(file: string): string {
  try {
    const key = (readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '').trim();
    if (key !== '') return key;
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${(cause as Error).message}`);
  }
  throw new UsageError(`${file} is empty: put the API key of the recognition service into its first line`);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
