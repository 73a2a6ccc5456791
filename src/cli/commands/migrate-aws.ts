import { extname, join, resolve } from 'node:path';
import { type Face, Rekognition } from '@aws-sdk/client-rekognition';
import { type Box, boxOverlap } from '../../shared/geometry.ts';
import { configOf, connect } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { openImageSource } from '../moving/image-source.ts';
import { failureLines, inBulk } from '../moving/in-bulk.ts';
import { ensureCollection, makeUsers, openResults, writeTable } from '../moving/migration.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress, duration } from '../progress.ts';
import { inFlight } from './index-folder.ts';
import { exitCodeFor, type MigrationFlags } from './migrate-folder.ts';

/** Options of `likeness migrate from-aws`. */
export interface AwsFlags extends Omit<MigrationFlags, 'into' | 'users'> {
  /** Where the images are: a folder, or `s3://bucket/prefix` of the server's own buckets. */
  readonly images: string;
  /** How an image is called there. */
  readonly imageName: string;
  readonly into?: string;
  readonly awsRegion?: string;
  readonly awsEndpoint?: string;
  readonly table?: string;
}

/** What became of a face of AWS. */
interface Moved {
  readonly faceId: string;
  readonly imageId: string;
  /** Of the union of the two boxes, what they have in common, 0..1. */
  readonly overlap: number;
}

/** What became of an image: its faces by their AWS FaceIds, and how many others were found in it. */
interface MovedImage {
  readonly faces: Readonly<Record<string, Moved>>;
  readonly others: number;
}

/** AWS's detector draws another box round the same face; two neighbours' boxes have far less in common. */
const sameFace = 0.3;
const placeholders = /\{(ExternalImageId|ImageId)\}/g;

/**
 * Brings a collection of an AWS account over as far as AWS tells of it: it gives neither templates nor images, so the
 * images are named by whoever kept them and indexed again, and a table says which FaceId became which.
 *
 * @returns the exit code
 */
export async function runMigrateAws(awsCollection: string, flags: AwsFlags, terminal: Terminal): Promise<number> {
  if (!/\{(ExternalImageId|ImageId)\}/.test(flags.imageName)) {
    throw new UsageError('--image-name says how an image is called, such as {ExternalImageId}.jpg or {ImageId}.png');
  }
  const into = flags.into ?? awsCollection;
  const config = configOf(flags);
  const source = openImageSource(flags.images, config);
  const files = findable(
    (await source.list()).map(({ file }) => file),
    source.name,
  );
  const old = await readCollection(awsCollection, flags, terminal);
  const { api, close } = await connect(flags, terminal);
  try {
    const madeAt = await ensureCollection(api, into, flags.purpose);
    const results = openResults<MovedImage | { readonly isOurs: boolean }>(config.dataDir, [
      'aws',
      old.arn,
      into,
      madeAt,
    ]);
    // Faces that somebody else put into the collection are never deleted.
    let ours = results.get('') as { readonly isOurs: boolean } | undefined;
    if (ours === undefined) {
      ours = { isOurs: (await api.describeCollection({ CollectionId: into })).FaceCount === 0 };
      results.add('', ours);
    }
    const { isOurs } = ours;
    const resultOf = (imageId: string) => results.get(imageId) as MovedImage | undefined;
    const byImage = groupByImage(old.faces);
    const todo = [...byImage].filter(([imageId]) => resultOf(imageId) === undefined);
    const bulk = await inBulk(
      todo,
      {
        label: `Indexing into ${into}`,
        unit: 'files',
        atOnce: flags.concurrency ?? inFlight(config.workers),
        terminal,
        nameOf: ([, [face]]) => nameOf(face, flags.imageName),
      },
      async ([imageId, faces]) => {
        const file = files.get(nameOf(faces[0], flags.imageName));
        if (file === undefined) throw named('NoImage', `no such image in ${flags.images}`);
        const externalImageId = faces[0]?.ExternalImageId;
        const { FaceRecords = [] } = await api.indexFaces({
          CollectionId: into,
          Image: await source.image(file),
          QualityFilter: 'NONE',
          ...(externalImageId !== undefined && { ExternalImageId: externalImageId }),
        });
        const found = FaceRecords.flatMap(({ Face: face }) => face ?? []);
        const pairs = pairUp(faces, found);
        const kept = new Set([...pairs.values()].map(({ faceId }) => faceId));
        const others = found.flatMap(({ FaceId }) => (FaceId === undefined || kept.has(FaceId) ? [] : [FaceId]));
        if (others.length > 0 && isOurs) await api.deleteFaces({ CollectionId: into, FaceIds: others });
        results.add(imageId, { faces: Object.fromEntries(pairs), others: others.length });
      },
    );
    const movedOf = ({ FaceId = '', ImageId = '' }: Face): Moved | undefined => resultOf(ImageId)?.faces[FaceId];
    const users = new Map(old.users.map((userId) => [userId, [] as string[]]));
    for (const face of old.faces) {
      const moved = movedOf(face);
      if (face.UserId !== undefined && moved !== undefined) users.get(face.UserId)?.push(moved.faceId);
    }
    const made = bulk.isInterrupted ? undefined : await makeUsers(api, into, users, terminal, 0);
    const table = resolve(flags.table ?? join(config.dataDir, 'migrations', `${into}-from-aws.csv`));
    writeTable(
      table,
      ['aws_face_id', 'face_id', 'aws_image_id', 'image_id', 'external_image_id', 'user_id', 'box_overlap'],
      old.faces.map((face) => {
        const moved = movedOf(face);
        const overlap = moved?.overlap.toFixed(3);
        return [face.FaceId, moved?.faceId, face.ImageId, moved?.imageId, face.ExternalImageId, face.UserId, overlap];
      }),
    );
    const cameOver = old.faces.filter((face) => movedOf(face) !== undefined).length;
    const lost = old.faces.filter((face) => resultOf(face.ImageId ?? '') !== undefined && movedOf(face) === undefined);
    const failures = [
      ...bulk.failures,
      ...lost.map((face) => ({
        item: `${nameOf(face, flags.imageName)} ${face.FaceId}`,
        code: 'NoFaceThere',
        message: 'its image was found, and no face lies where AWS found one',
      })),
      ...(made?.failures ?? []),
    ];
    const others = [...byImage.keys()].reduce((sum, imageId) => sum + (resultOf(imageId)?.others ?? 0), 0);
    const told = {
      awsCollection: old.arn,
      collectionId: into,
      faces: old.faces.length,
      cameOver,
      images: byImage.size,
      others,
      ...(made && { users: made.users, associated: made.associated }),
      table,
      failures,
      seconds: bulk.seconds,
    };
    printResult(terminal, flags.json === true, told, () =>
      [
        `${cameOver} of ${old.faces.length} faces of ${awsCollection} came over into ${into} (${duration(bulk.seconds)})`,
        ...(made ? [`${made.users} users, ${made.associated} faces given to them`] : []),
        ...(others > 0
          ? [
              `${others} other faces were found in the images; ${isOurs ? 'they were not in the AWS collection and were deleted' : 'they stay, because the collection held faces before'}`,
            ]
          : []),
        `which FaceId became which, for your database: ${table}`,
        ...failureLines(failures),
      ].join('\n'),
    );
    return exitCodeFor(bulk.isInterrupted || made?.isInterrupted === true, failures.length, cameOver);
  } finally {
    await close();
  }
}

/** All that AWS tells of a collection. It is read with the AWS SDK's own chain of credentials, never with Likeness' keys. */
async function readCollection(collectionId: string, flags: AwsFlags, terminal: Terminal) {
  const client = new Rekognition({
    ...(flags.awsRegion !== undefined && { region: flags.awsRegion }),
    ...(flags.awsEndpoint !== undefined && { endpoint: flags.awsEndpoint }),
  });
  const progress = createProgress(terminal, 'faces');
  try {
    const { CollectionARN = '', FaceCount = 0 } = await client.describeCollection({ CollectionId: collectionId });
    progress.start(`Reading ${collectionId} of AWS`, FaceCount);
    const faces: Face[] = [];
    for (let token: string | undefined; ; ) {
      const page = await client.listFaces({
        CollectionId: collectionId,
        MaxResults: 4096,
        ...(token !== undefined && { NextToken: token }),
      });
      faces.push(...(page.Faces ?? []));
      progress.update(faces.length);
      token = page.NextToken;
      if (token === undefined) break;
    }
    const users: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await client.listUsers({
        CollectionId: collectionId,
        MaxResults: 500,
        ...(token !== undefined && { NextToken: token }),
      });
      users.push(...(page.Users ?? []).flatMap(({ UserId }) => UserId ?? []));
      token = page.NextToken;
      if (token === undefined) break;
    }
    return { arn: CollectionARN, faces, users };
  } catch (cause) {
    const { name, message } = cause as Error;
    throw Object.assign(new Error(`AWS: ${message}`, { cause }), { name });
  } finally {
    progress.stop();
    client.destroy();
  }
}

function groupByImage(faces: readonly Face[]): ReadonlyMap<string, readonly Face[]> {
  const groups = new Map<string, Face[]>();
  for (const face of faces) {
    const imageId = face.ImageId ?? '';
    groups.set(imageId, [...(groups.get(imageId) ?? []), face]);
  }
  return groups;
}

/** Images by their name in the source, with and without what it ends with. */
function findable(files: readonly string[], sourceName: string): ReadonlyMap<string, string> {
  const prefix = /^s3:\/\/[^/]+\/(.*)$/.exec(sourceName)?.[1] ?? '';
  const found = new Map<string, string>();
  for (const file of files) {
    const name = file.slice(prefix.length).replace(/^\/+/, '');
    found.set(name, file);
    const bare = name.slice(0, name.length - extname(name).length);
    if (!found.has(bare)) found.set(bare, file);
  }
  return found;
}

function nameOf(face: Face | undefined, template: string): string {
  return template.replaceAll(placeholders, (_, member: 'ExternalImageId' | 'ImageId') => face?.[member] ?? '');
}

/** Gives each face of AWS the found one that lies where it did, the closest pairs first, none twice. */
function pairUp(old: readonly Face[], found: readonly Face[]): ReadonlyMap<string, Moved> {
  const close = old
    .flatMap((one) => found.map((other) => ({ one, other, overlap: boxOverlap(boxOf(one), boxOf(other)) })))
    .filter(({ overlap }) => overlap >= sameFace)
    .sort((a, b) => b.overlap - a.overlap);
  const pairs = new Map<string, Moved>();
  const taken = new Set<string>();
  for (const { one, other, overlap } of close) {
    const { FaceId: faceId = '', ImageId: imageId = '' } = other;
    if (one.FaceId === undefined || pairs.has(one.FaceId) || taken.has(faceId)) continue;
    pairs.set(one.FaceId, { faceId, imageId, overlap });
    taken.add(faceId);
  }
  return pairs;
}

function boxOf({ BoundingBox: { Left = 0, Top = 0, Width = 0, Height = 0 } = {} }: Face): Box {
  return { left: Left, top: Top, width: Width, height: Height };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
