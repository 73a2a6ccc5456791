import { SourceError } from './images.ts';

/** An object as a request names it. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string;
}

/** Rekognition's pattern for bucket names, without those that begin with a dot; it leaves no room for ARNs of access points. */
const bucketPattern = /^[0-9A-Za-z_-][0-9A-Za-z._-]{0,254}$/;

/**
 * Refuses names that could mean something outside their bucket: `.`, `..` and empty segments are names to S3 but steps to
 * a file system, and to gateways that tidy a URL's path.
 *
 * @throws {SourceError} not-allowed
 */
export function checkObjectName({ bucket, key }: ObjectName): void {
  if (!bucketPattern.test(bucket)) throw new SourceError('not-allowed', 'the bucket name is not valid');
  const segments = key.split('/');
  const steps = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (steps || key.includes('\0') || key.includes('\\')) {
    throw new SourceError(
      'not-allowed',
      'the object key is absolute, or has empty or dot segments, backslashes or NUL',
    );
  }
}

/** The answer to an object that is not there, in words that fit every kind of bucket. */
export function notFound({ bucket, key }: ObjectName, cause?: unknown): SourceError {
  return new SourceError('not-found', `there is no object ${key} in bucket ${bucket}`, { cause });
}

/** The answer to an object longer than the limit. */
export function tooLarge(limitBytes: number): SourceError {
  return new SourceError('too-large', `the object is longer than ${limitBytes} bytes`);
}
