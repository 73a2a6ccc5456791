import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { packageVersion } from '../../shared/package-root.ts';
import { PackFetchError } from './errors.ts';
import { forget, readMark, sizeOf, writeMark } from './partial.ts';

/** Proxies, as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name them. */
export interface Proxies {
  readonly https?: string | undefined;
  readonly http?: string | undefined;
  /** Hosts that are reached without one, separated by commas; `*` for all. */
  readonly none?: string | undefined;
}

/** One file to fetch. */
export interface Download {
  readonly url: URL;
  /** Where it grows; beside it `<partial>.json` says what it is a part of. */
  readonly partial: string;
  /** Its size where it is known. */
  readonly bytes?: number | undefined;
  /** Most bytes that are taken. */
  readonly maxBytes: number;
}

/** What a fetch is told. */
export interface DownloadOptions {
  /** Told of bytes that are there, with those of an earlier attempt; `total` where the server says it. */
  readonly onBytes?: ((done: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches files over HTTP, going on with what an earlier attempt left. */
export interface Downloader {
  /**
   * Fetches a file whole into its partial; its digest is the caller's to check.
   *
   * @returns whether some of it was left by an earlier attempt or run
   * @throws {PackFetchError} when it can't be had; what came so far is kept
   * @throws an AbortError when the signal fires
   */
  fetch(download: Download, options?: DownloadOptions): Promise<{ readonly resumed: boolean }>;
  close(): Promise<void>;
}

/** What a downloader is made of. */
export interface DownloaderParts {
  readonly proxies?: Proxies;
  /** Pauses before each further attempt that brings nothing new, milliseconds. */
  readonly retryDelaysMs?: readonly number[];
  /** Longest silence of a server, milliseconds. */
  readonly silenceMs?: number;
}

/** An attempt that failed in a way that the next may not. */
class FailedAttempt extends Error {
  readonly afterMs: number | undefined;

  constructor(reason: string, options: { cause?: unknown; afterMs?: number | undefined } = {}) {
    super(reason, { cause: options.cause });
    this.afterMs = options.afterMs;
  }
}

const MOST_REDIRECTS = 5;
const LONGEST_RETRY_AFTER_MS = 60_000;
/** An attempt that brought less counts as one that brought nothing. */
const PROGRESS_BYTES = 2 ** 20;
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Opens a downloader. It goes through the proxies that are given, and through none that the environment names beside. */
export function openDownloader({
  proxies = {},
  retryDelaysMs = [500, 1_000, 2_000, 4_000],
  silenceMs = 60_000,
}: DownloaderParts = {}): Downloader {
  const dispatcher = new EnvHttpProxyAgent({
    // Empty texts keep undici from looking into the environment by itself.
    httpProxy: proxies.http ?? '',
    httpsProxy: proxies.https ?? '',
    noProxy: proxies.none ?? '',
    // A proxy is asked for http addresses as such; many open tunnels to port 443 only.
    proxyTunnel: false,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: { timeout: Math.min(silenceMs, 20_000) },
  });

  return {
    async fetch(download, options = {}) {
      let failures = 0;
      let resumed = (await sizeOf(download.partial)) > 0;
      let best = 0;
      for (;;) {
        options.signal?.throwIfAborted();
        try {
          await attempt(dispatcher, download, options);
          return { resumed };
        } catch (error) {
          options.signal?.throwIfAborted();
          if (!(error instanceof FailedAttempt)) throw error;
          const have = await sizeOf(download.partial);
          if (have >= best + PROGRESS_BYTES) failures = 0;
          best = Math.max(best, have);
          resumed = true;
          const pause = retryDelaysMs[failures++];
          if (pause === undefined) {
            const kept = have > 0 ? `; ${have} bytes are kept, and the same command goes on from there` : '';
            throw new PackFetchError(download.url.href, `${error.message}${kept}`, { cause: error.cause });
          }
          await pauseFor(error.afterMs ?? pause, undefined, options.signal ? { signal: options.signal } : {});
        }
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** One request, and what of the file it brings. */
async function attempt(
  dispatcher: Dispatcher,
  { url, partial, bytes, maxBytes }: Download,
  options: DownloadOptions,
): Promise<void> {
  const limit = bytes ?? maxBytes;
  const fail = (reason: string, cause?: unknown) => new PackFetchError(url.href, reason, { cause });
  const mark = await readMark(partial);
  let have = await sizeOf(partial);
  if (mark?.url !== url.href || have > limit) have = 0;
  if (have > 0 && have === bytes) return;

  const response = await follow(dispatcher, url, {
    ...(have > 0 && { range: `bytes=${have}-` }),
    ...(have > 0 && mark?.validator && { 'if-range': mark.validator }),
    signal: options.signal,
  });
  const { statusCode, headers, body } = response;
  const discard = () => void body.on('error', () => {}).destroy();
  const range = rangeOf(headerOf(headers, 'content-range'));
  const validator = validatorOf(headers);

  const otherPart = statusCode === 206 && (range?.start !== have || mark?.validator !== validator);
  if (have > 0 && (otherPart || statusCode === 416)) {
    discard();
    await forget(partial);
    return attempt(dispatcher, { url, partial, bytes, maxBytes }, options);
  }
  if (statusCode !== 200 && !(statusCode === 206 && range?.start === have)) {
    discard();
    const afterMs = retryAfterOf(headerOf(headers, 'retry-after'));
    if (RETRIED_STATUSES.has(statusCode)) throw new FailedAttempt(`the server answers ${statusCode}`, { afterMs });
    throw fail(refusal(statusCode));
  }
  const encoding = headerOf(headers, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    discard();
    throw fail(`the server sends it as ${encoding}, although it was asked not to`);
  }
  const start = statusCode === 206 ? have : 0;
  const length = numberOf(headerOf(headers, 'content-length'));
  const total = range?.total ?? (length === undefined ? undefined : start + length);
  if (total !== undefined && (bytes === undefined ? total > maxBytes : total !== bytes)) {
    discard();
    throw fail(
      bytes === undefined
        ? `it has ${total} bytes, and at most ${maxBytes} are taken`
        : `it has ${total} bytes, expected ${bytes}: this is not the file that is pinned`,
    );
  }

  const diskFault = (cause: unknown) =>
    fail(`it could not be written to ${partial}: ${(cause as Error).message}`, cause);
  await writeMark(partial, { url: url.href, ...(validator && { validator }) }).catch((cause: unknown) => {
    discard();
    throw diskFault(cause);
  });
  const file = await open(partial, start === 0 ? 'w' : 'r+').catch((cause: unknown) => {
    discard();
    throw diskFault(cause);
  });
  let position = start;
  try {
    options.onBytes?.(position, total ?? bytes);
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (position + chunk.length > limit)
        throw fail(`it has more than ${limit} bytes, which is the most that is taken`);
      await writeAt(file, chunk, position).catch((cause: unknown) => {
        throw diskFault(cause);
      });
      position += chunk.length;
      options.onBytes?.(position, total ?? bytes);
    }
  } catch (error) {
    discard();
    if (error instanceof PackFetchError) throw error;
    options.signal?.throwIfAborted();
    throw new FailedAttempt(`the connection broke (${wordsOf(error)})`, { cause: error });
  } finally {
    await file.close();
  }
  const whole = total ?? bytes;
  if (whole !== undefined && position < whole)
    throw new FailedAttempt(`the server sent ${position} of ${whole} bytes`, {});
}

/** Asks for an address and goes where it is sent, but never from https to http. */
async function follow(
  dispatcher: Dispatcher,
  first: URL,
  { signal, ...headers }: { range?: string; 'if-range'?: string; signal: AbortSignal | undefined },
): Promise<Dispatcher.ResponseData> {
  let url = first;
  for (let redirects = 0; ; redirects++) {
    const response = await request(url, {
      dispatcher,
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': `likeness/${packageVersion()}` },
      ...(signal && { signal }),
    }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      const reason = `${url.host} could not be reached (${wordsOf(cause)})`;
      if (isCertificateFault(cause))
        throw new PackFetchError(first.href, `${reason}. NODE_EXTRA_CA_CERTS names a file of further authorities.`, {
          cause,
        });
      throw new FailedAttempt(reason, { cause });
    });
    if (!REDIRECTS.has(response.statusCode)) return response;
    response.body.on('error', () => {}).destroy();
    const location = headerOf(response.headers, 'location');
    const next = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next) throw new PackFetchError(first.href, `${url.host} sends elsewhere without saying where`);
    // An operator's mirror may speak http; it may send to itself, and nothing may send away from https.
    if (next.protocol !== 'https:' && (next.protocol !== 'http:' || next.origin !== first.origin))
      throw new PackFetchError(first.href, `it is sent to ${next.origin}, which is not https`);
    if (redirects === MOST_REDIRECTS)
      throw new PackFetchError(first.href, `it is sent on more than ${MOST_REDIRECTS} times`);
    url = next;
  }
}

async function writeAt(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; )
    written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
}

type Headers = Dispatcher.ResponseData['headers'];

function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function rangeOf(text: string | undefined): { start: number; total: number | undefined } | undefined {
  const [, start, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(text ?? '') ?? [];
  return start === undefined ? undefined : { start: Number(start), total: numberOf(total) };
}

/** What a further request may name to get a part of this very file: a weak ETag may not be. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headerOf(headers, 'etag');
  return tag?.startsWith('"') ? tag : headerOf(headers, 'last-modified');
}

function retryAfterOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = numberOf(text) ?? (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds * 1000), LONGEST_RETRY_AFTER_MS) : undefined;
}

function refusal(status: number): string {
  if (status === 404 || status === 410)
    return `the server does not have it (${status}). It may have moved: get it elsewhere with --mirror, or bring it with --from`;
  if (status === 401 || status === 403) return `the server does not give it out (${status})`;
  if (status === 407) return 'the proxy wants other credentials (407)';
  return `the server answers ${status}`;
}

function wordsOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return [code, message].filter((word) => typeof word === 'string' && word !== '').join(': ') || String(error);
}

function isCertificateFault(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code);
}
