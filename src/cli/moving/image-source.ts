import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Image } from '@aws-sdk/client-rekognition';
import type { Config } from '../../config/index.ts';
import { objectsBelow } from '../bucket-objects.ts';
import { UsageError } from '../exit-codes.ts';
import { imagesBelow } from '../images.ts';
import type { Done } from '../journal.ts';

/** Where images are: a folder on this machine, or a bucket that the server reads itself. */
export interface ImageSource {
  /** Names it in journals: the same place is the same name. */
  readonly name: string;
  /** Every image as it stands now, in order of name. */
  list(): Promise<readonly Done[]>;
  /** An image as a request names it. @throws an error named CannotReadFile */
  image(file: string): Promise<Image>;
}

const inBucket = /^s3:\/\/([^/]+)(?:\/(.*))?$/;

/** @param where a folder, or `s3://bucket/prefix` @throws {UsageError} when it is none */
export function openImageSource(where: string, config: Config): ImageSource {
  const [, bucket, prefix = ''] = inBucket.exec(where) ?? [];
  return bucket === undefined ? folderSource(where) : bucketSource(bucket, prefix, config);
}

function folderSource(where: string): ImageSource {
  const root = resolve(where);
  try {
    readdirSync(root);
  } catch (cause) {
    throw new UsageError(`cannot read the folder ${where}: ${(cause as Error).message}`);
  }
  return {
    name: root,
    async list() {
      const files = await imagesBelow(root);
      return files.flatMap((file) => {
        try {
          const { size, mtimeMs } = statSync(join(root, file));
          return [{ file, size, mtimeMs }];
        } catch {
          // Deleted since it was listed.
          return [];
        }
      });
    },
    async image(file) {
      try {
        return { Bytes: new Uint8Array(await readFile(join(root, file))) };
      } catch (cause) {
        throw Object.assign(new Error((cause as NodeJS.ErrnoException).code ?? 'unknown', { cause }), {
          name: 'CannotReadFile',
        });
      }
    },
  };
}

function bucketSource(bucket: string, prefix: string, config: Config): ImageSource {
  return {
    name: `s3://${bucket}/${prefix}`,
    async list() {
      const objects = await objectsBelow(bucket, prefix, config);
      return objects.map(({ name, size, mtimeMs }) => ({ file: name, size, mtimeMs }));
    },
    image: async (file) => ({ S3Object: { Bucket: bucket, Name: file } }),
  };
}
