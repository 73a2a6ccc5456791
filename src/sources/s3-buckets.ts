import { addAbortSignal, Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { type ObjectReader, SourceError } from './images.ts';
import { checkObjectName, notFound, type ObjectName, tooLarge } from './object-names.ts';

/** What an S3 endpoint asks a caller for. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Which S3 to read from, and how. */
export interface S3BucketsOptions {
  /** URL of an S3-compatible service; absent: AWS's endpoint of the region. */
  readonly endpoint?: string;
  readonly region: string;
  /** Asked when a request needs them; absent: the SDK's own chain (shared files, container and instance roles). */
  readonly credentials?: () => Promise<S3Credentials>;
  /** Bucket in the path instead of the host name, as most services that are not AWS want it. */
  readonly forcePathStyle: boolean;
  /** Longest time for one object, retries included; default 30,000. */
  readonly timeoutMs?: number;
}

/** Buckets of an S3 service, over connections that are kept until it is closed. */
export interface S3Buckets extends ObjectReader {
  close(): void;
}

const defaultTimeoutMs = 30_000;

/** Reads objects, of a given version too, from S3 or a service that speaks its protocol. */
export function s3Buckets(options: S3BucketsOptions): S3Buckets {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: Math.min(5_000, timeoutMs) },
    // Services other than AWS answer requests for checksums in ways of their own.
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });

  async function read(object: ObjectName, limitBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    checkObjectName(object);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const command = new GetObjectCommand({
        Bucket: object.bucket,
        Key: object.key,
        ...(object.version === undefined ? {} : { VersionId: object.version }),
      });
      const answer = await client.send(command, { abortSignal: limited });
      return await readBody(answer, limitBytes, limited);
    } catch (error) {
      signal.throwIfAborted();
      throw inOurWords(error, object);
    }
  }

  return { read, close: () => client.destroy() };
}

/** Believes the announced length only to refuse early: what arrives is counted. */
async function readBody(answer: GetObjectCommandOutput, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  const body = answer.Body;
  if (!(body instanceof Readable)) throw new SourceError('unavailable', 'S3 answered without a body');
  addAbortSignal(signal, body);
  try {
    if ((answer.ContentLength ?? 0) > limit) throw tooLarge(limit);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
    if (answer.ContentLength !== undefined && length !== answer.ContentLength) {
      throw new SourceError('unavailable', 'S3 ended the object early');
    }
    return join(chunks, length);
  } finally {
    body.destroy();
  }
}

/** Not Buffer.concat, which may answer with a slice of Node's shared pool: the bytes are handed to other threads. */
function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function inOurWords(error: unknown, object: ObjectName): SourceError {
  if (error instanceof SourceError) return error;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  // 405 answers a version that is a delete marker, 400 a version id that S3 cannot have given out.
  if (status === 404 || (object.version !== undefined && (status === 400 || status === 405))) {
    return notFound(object, error);
  }
  if (status === 401 || status === 403) {
    return new SourceError('not-allowed', `S3 refuses access to the object ${object.key}`, { cause: error });
  }
  return new SourceError('unavailable', `the object ${object.key} could not be read from S3`, { cause: error });
}
