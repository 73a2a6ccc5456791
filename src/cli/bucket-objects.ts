import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../config/index.ts';
import { UsageError } from './exit-codes.ts';
import { imageExtensions, imagesBelow } from './images.ts';

/**
 * The names of the images in a bucket, by their extensions: a folder of `buckets_dir`, or a bucket of the configured S3
 * service. The server reads the objects themselves.
 *
 * @throws {UsageError} when no bucket is configured
 */
export async function objectsOf(bucket: string, { bucketsDir, s3 }: Config): Promise<readonly string[]> {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new UsageError(`${bucket} is no name of a bucket`);
  const folder = bucketsDir === undefined ? undefined : join(bucketsDir, bucket);
  if (folder !== undefined && existsSync(folder)) return imagesBelow(folder);
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
    const names: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, ...(token !== undefined && { ContinuationToken: token }) }),
      );
      for (const { Key } of page.Contents ?? []) {
        if (Key !== undefined && imageExtensions.has(extname(Key).toLowerCase())) names.push(Key);
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (token === undefined) return names;
    }
  } finally {
    client.destroy();
  }
}
