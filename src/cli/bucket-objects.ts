import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../config/index.ts';
import { UsageError } from './exit-codes.ts';
import { imageExtensions, imagesBelow } from './images.ts';

/** An object as a listing tells it. */
export interface ListedObject {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * The names of the images in a bucket, by their extensions: a folder of `buckets_dir`, or a bucket of the configured S3
 * service. The server reads the objects themselves.
 *
 * @throws {UsageError} when no bucket is configured
 */
export async function objectsOf(bucket: string, config: Config): Promise<readonly string[]> {
  return (await objectsBelow(bucket, '', config)).map(({ name }) => name);
}

/** As {@link objectsOf}, those whose name begins with a prefix, with size and time. @throws {UsageError} */
export async function objectsBelow(
  bucket: string,
  prefix: string,
  { bucketsDir, s3 }: Config,
): Promise<readonly ListedObject[]> {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new UsageError(`${bucket} is no name of a bucket`);
  const folder = bucketsDir === undefined ? undefined : join(bucketsDir, bucket);
  if (folder !== undefined && existsSync(folder)) {
    const names = (await imagesBelow(folder)).filter((name) => name.startsWith(prefix));
    return names.map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return { name, size, mtimeMs };
    });
  }
  if (s3 === undefined) {
    throw new UsageError(`there is no bucket ${bucket}: set LIKENESS_BUCKETS_DIR, or LIKENESS_S3_ENDPOINT and its key`);
  }
  const client = new S3Client({
    ...(s3.endpoint !== undefined && { endpoint: s3.endpoint }),
    region: s3.region,
    forcePathStyle: s3.forcePathStyle,
    ...(s3.credentials && { credentials: s3.credentials }),
  });
  try {
    const objects: ListedObject[] = [];
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          ...(prefix !== '' && { Prefix: prefix }),
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
        if (Key === undefined || !imageExtensions.has(extname(Key).toLowerCase())) continue;
        objects.push({ name: Key, size: Size, mtimeMs: LastModified?.getTime() ?? 0 });
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (token === undefined) return objects;
    }
  } finally {
    client.destroy();
  }
}
