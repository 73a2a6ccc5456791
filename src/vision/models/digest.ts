import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The SHA-256 of bytes, in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The digest of a file in npm's "subresource integrity" form, `sha512-<base64>`.
 *
 * @throws the file system's error when it can't be read
 */
export async function fileIntegrity(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array);
  return `sha512-${hash.digest('base64')}`;
}

/**
 * The SHA-256 of a file, in hex.
 *
 * @param onBytes told of the bytes that are through
 * @throws the file system's error when it can't be read, an AbortError when the signal fires
 */
export async function fileSha256(
  path: string,
  options: { readonly onBytes?: ((done: number) => void) | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal: options.signal })) {
    hash.update(chunk as Uint8Array);
    done += (chunk as Uint8Array).length;
    options.onBytes?.(done);
  }
  return hash.digest('hex');
}
