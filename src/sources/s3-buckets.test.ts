import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openObjectReader, type S3Buckets, type S3BucketsOptions, s3Buckets } from './index.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let options: S3BucketsOptions;
let buckets: S3Buckets;
let requests: IncomingMessage[];
/** What the loopback S3 answers, by path and query. */
let answers: Record<string, Answer>;
const never = new AbortController().signal;

const bodyOf =
  (text: string): Answer =>
  (_, response) =>
    response.end(text);
const errorOf =
  (status: number, code: string): Answer =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<Error><Code>${code}</Code><Message>m</Message></Error>`);

beforeEach(async () => {
  requests = [];
  answers = {};
  server = createServer((request, response) => {
    requests.push(request);
    const url = new URL(request.url ?? '', 'http://s3');
    url.searchParams.delete('x-id');
    const answer = answers[decodeURIComponent(url.pathname) + url.search] ?? errorOf(404, 'NoSuchKey');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  options = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: async () => ({ accessKeyId: 'AKTEST', secretAccessKey: 'test-only' }),
    forcePathStyle: true,
  };
  buckets = s3Buckets(options);
});
afterEach(async () => {
  buckets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const read = (key: string, limit = 100, version?: string) =>
  buckets
    .read({ bucket: 'photos', key, ...(version ? { version } : {}) }, limit, never)
    .then((bytes) => Buffer.from(bytes).toString());

describe('S3 buckets', () => {
  it('read an object with signed requests for the configured region', async () => {
    answers['/photos/2024/a b ü.jpg'] = bodyOf('hello');
    expect(await read('2024/a b ü.jpg')).toBe('hello');
    expect(requests[0]?.headers.authorization).toMatch(/Credential=AKTEST\/\d{8}\/eu-central-1\/s3\/aws4_request/);
  });

  it('read the version that was asked for', async () => {
    answers['/photos/a'] = bodyOf('new');
    answers['/photos/a?versionId=v1'] = bodyOf('old');
    expect(await read('a', 100, 'v1')).toBe('old');
    expect(await read('a')).toBe('new');
  });

  it('do not find absent objects, buckets and versions', async () => {
    answers['/photos/b'] = errorOf(404, 'NoSuchBucket');
    answers['/photos/c?versionId=v9'] = errorOf(404, 'NoSuchVersion');
    answers['/photos/d?versionId=bad'] = errorOf(400, 'InvalidArgument');
    answers['/photos/e?versionId=marker'] = errorOf(405, 'MethodNotAllowed');
    await expect(read('a')).rejects.toMatchObject({ fault: 'not-found' });
    await expect(read('b')).rejects.toMatchObject({ fault: 'not-found' });
    await expect(read('c', 9, 'v9')).rejects.toMatchObject({ fault: 'not-found' });
    await expect(read('d', 9, 'bad')).rejects.toMatchObject({ fault: 'not-found' });
    await expect(read('e', 9, 'marker')).rejects.toMatchObject({ fault: 'not-found' });
  });

  it('tell refused access from trouble', async () => {
    answers['/photos/a'] = errorOf(403, 'AccessDenied');
    answers['/photos/b'] = errorOf(501, 'NotImplemented');
    await expect(read('a')).rejects.toMatchObject({ fault: 'not-allowed' });
    await expect(read('b')).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it('try again when S3 stumbles', async () => {
    answers['/photos/a'] = (request, response) =>
      (requests.length < 2 ? errorOf(503, 'SlowDown') : bodyOf('hello'))(request, response);
    expect(await read('a')).toBe('hello');
  });

  it('refuse an object by its announced length, before its body comes', async () => {
    let sent = 0;
    answers['/photos/a'] = (_, response) => {
      response.writeHead(200, { 'content-length': 50_000_000 });
      response.on('drain', () => {
        sent += 1;
        if (sent < 700) response.write(Buffer.alloc(65_536));
      });
      response.write(Buffer.alloc(65_536));
    };
    await expect(read('a', 1000)).rejects.toMatchObject({ fault: 'too-large' });
    expect(sent).toBeLessThan(200);
  });

  it('count what arrives when no length was announced', async () => {
    answers['/photos/a'] = (_, response) => {
      for (let i = 0; i < 11; i++) response.write('0123456789');
      response.end();
    };
    expect(await read('a', 110)).toHaveLength(110);
    await expect(read('a', 109)).rejects.toMatchObject({ fault: 'too-large' });
  });

  it('never take half an object for a whole one', async () => {
    answers['/photos/a'] = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setImmediate(() => response.destroy());
    };
    await expect(read('a')).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it('give up on a service that stalls before or within the body', async () => {
    answers['/photos/silent'] = () => undefined;
    answers['/photos/stalled'] = (_, response) => response.writeHead(200, { 'content-length': 100 }).write('half');
    buckets.close();
    buckets = s3Buckets({ ...options, timeoutMs: 200 });
    await expect(read('silent')).rejects.toMatchObject({ fault: 'unavailable' });
    await expect(read('stalled')).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it('stop with the caller, within the body too', async () => {
    for (const key of ['silent', 'stalled']) {
      const caller = new AbortController();
      answers[`/photos/${key}`] = (_, response) => {
        if (key === 'stalled') response.writeHead(200, { 'content-length': 100 }).write('half');
        setTimeout(() => caller.abort(), 50);
      };
      const answer = buckets.read({ bucket: 'photos', key }, 1000, caller.signal);
      await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    }
  });

  it('send no request for a name that steps out of its bucket', async () => {
    for (const key of ['../other/a', '/a', 'a/./b', '']) {
      await expect(read(key), key).rejects.toMatchObject({ fault: 'not-allowed' });
    }
    const arn = 'arn:aws:s3:us-east-1:123456789012:accesspoint/x';
    await expect(buckets.read({ bucket: arn, key: 'a' }, 9, never)).rejects.toMatchObject({ fault: 'not-allowed' });
    expect(requests).toHaveLength(0);
  });

  it('are unavailable when nothing listens, without telling where', async () => {
    await new Promise((resolve) => server.close(resolve));
    const error = await read('a').catch((e: Error) => e);
    expect(error).toMatchObject({ fault: 'unavailable' });
    expect(String(error)).not.toContain('127.0.0.1');
  });
});

describe('an object reader with folders and S3', () => {
  it('reads a bucket from its folder where there is one, and never fills its gaps from S3', async () => {
    const root = mkdtempSync(join(tmpdir(), 'likeness-buckets-'));
    mkdirSync(join(root, 'photos'));
    writeFileSync(join(root, 'photos', 'a'), 'folder');
    answers['/photos/a'] = bodyOf('remote');
    answers['/photos/b'] = bodyOf('remote');
    answers['/cloud/a'] = bodyOf('remote');
    const reader = openObjectReader({ bucketsDir: root, s3: options });
    const text = async (bucket: string, key: string) =>
      Buffer.from(await reader.read({ bucket, key }, 100, never)).toString();
    expect(await text('photos', 'a')).toBe('folder');
    expect(await text('cloud', 'a')).toBe('remote');
    await expect(text('photos', 'b')).rejects.toMatchObject({ fault: 'not-found' });
    reader.close();
    rmSync(root, { recursive: true });
  });
});
