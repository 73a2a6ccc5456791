import { folderBuckets } from './folder-buckets.ts';
import type { ObjectReader } from './images.ts';
import { checkObjectName, notFound } from './object-names.ts';
import { type S3BucketsOptions, s3Buckets } from './s3-buckets.ts';

/** Where buckets are looked for; with neither, no object is ever found. */
export interface ObjectReaderOptions {
  /** Folder whose folders are buckets. */
  readonly bucketsDir?: string;
  readonly s3?: S3BucketsOptions;
}

/** An object reader that may hold connections. */
export interface OpenObjectReader extends ObjectReader {
  close(): void;
}

/**
 * Opens the configured buckets: a bucket that is a folder is read there, every other one from S3. A folder shadows the S3
 * bucket of its name wholly, so that one bucket is never a mixture of two.
 */
export function openObjectReader({ bucketsDir, s3 }: ObjectReaderOptions): OpenObjectReader {
  const folders = bucketsDir === undefined ? undefined : folderBuckets(bucketsDir);
  const remote = s3 === undefined ? undefined : s3Buckets(s3);
  return {
    async read(object, limitBytes, signal) {
      checkObjectName(object);
      const reader = (await folders?.has(object.bucket)) ? folders : remote;
      if (reader === undefined) throw notFound(object);
      return await reader.read(object, limitBytes, signal);
    },
    close: () => remote?.close(),
  };
}
