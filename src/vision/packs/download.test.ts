import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Handler, honest, openPackRoom, type PackRoom, words } from '../../../tests/builders/pack-room.ts';
import { sha256 } from '../models/digest.ts';
import type { InstallProgress } from './index.ts';
import { packFolder } from './store.ts';

describe('fetching the files of a pack', () => {
  let room: PackRoom;
  beforeEach(async () => {
    room = await openPackRoom();
  });
  afterEach(() => room.close());

  const cutAfter =
    (bytes: number, then: Handler = honest): Handler =>
    (request, response, whole) => {
      const end = response.end.bind(response);
      response.end = ((chunk: Uint8Array) => {
        response.write(chunk.subarray(0, bytes), () => response.destroy());
        return response;
      }) as typeof end;
      then(request, response, whole);
    };

  it('goes on where a connection broke, asking for the rest of that very file', async () => {
    room.handlers = [cutAfter(200_000)];
    await room.install();
    const [first, second] = room.wordRequests();
    expect(first).toMatchObject({ range: undefined });
    expect(second?.range).toMatch(/^bytes=\d{5,6}-$/);
    expect(second?.ifRange).toBe(`"${sha256(words).slice(0, 8)}"`);
    expect(room.wordRequests()).toHaveLength(2);
  });

  it('keeps what came when it is stopped, and the next run goes on from there', async () => {
    const abort = new AbortController();
    // It sends a part and then nothing more, until the other end gives up.
    room.handlers = [
      (_request, response, whole) => {
        response.writeHead(200, { etag: '"e"', 'content-length': whole.length });
        response.write(whole.subarray(0, 100_000));
      },
    ];
    const onProgress = ({ item, done }: InstallProgress) => {
      if (item === 'words.bin' && done >= 100_000) abort.abort();
    };
    await expect(room.install({ signal: abort.signal, onProgress })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await room.stateOf('pair')).toBe('unfinished');
    room.handlers = [
      (request, response, whole) => {
        expect(request.headers['if-range']).toBe('"e"');
        response.writeHead(206, {
          etag: '"e"',
          'content-range': `bytes 100000-${whole.length - 1}/${whole.length}`,
        });
        response.end(whole.subarray(100_000));
      },
    ];
    await room.install();
    expect(room.wordRequests().map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
    expect(await room.stateOf('pair')).toBe('installed');
  });

  const withoutRanges: Handler = (_request, response, whole) => {
    response.writeHead(200, { 'content-length': whole.length });
    response.end(whole);
  };

  it('begins anew where the server gives no parts', async () => {
    room.handlers = [cutAfter(200_000, withoutRanges), withoutRanges];
    await room.install();
    expect(room.wordRequests()[1]?.range).toMatch(/^bytes=/);
    expect(await room.stateOf('pair')).toBe('installed');
  });

  it('begins anew where the file has changed since the first part', async () => {
    const older = Buffer.alloc(words.length, 'older');
    room.handlers = [cutAfter(200_000, (request, response) => honest(request, response, older))];
    await room.install();
    expect(await room.stateOf('pair')).toBe('installed');
  });

  it('fetches whole what became a mixture of two files, because the server gave parts of whatever it has', async () => {
    const careless =
      (bytes: Uint8Array): Handler =>
      (request, response) => {
        const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
        response.writeHead(start > 0 ? 206 : 200, {
          'content-length': bytes.length - start,
          ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
        });
        response.end(bytes.subarray(start));
      };
    room.handlers = [
      cutAfter(200_000, careless(Buffer.alloc(words.length, 'older'))),
      careless(words),
      careless(words),
    ];
    await room.install();
    expect(room.wordRequests().at(-1)?.range).toBeUndefined();
    expect(await room.stateOf('pair')).toBe('installed');
  });

  it('begins anew where the server gives another part than was asked for, or says that there is none', async () => {
    const elsewhere: Handler = (_request, response, whole) => {
      response.writeHead(206, { 'content-range': `bytes 7-${whole.length - 1}/${whole.length}` });
      response.end(whole.subarray(7));
    };
    room.handlers = [cutAfter(200_000), elsewhere];
    await room.install();
    await room.installer().remove('pair');
    room.handlers = [cutAfter(200_000), (_request, response) => void response.writeHead(416).end()];
    await room.install();
    expect(await room.stateOf('pair')).toBe('installed');
  });

  it.each([
    [
      'one byte is another',
      Buffer.concat([words.subarray(0, -1), Buffer.from('!')]),
      /has SHA-256 [0-9a-f]{64}, expected/,
    ],
    ['it is a page instead', Buffer.from('<html>sign in</html>'), /has 20 bytes, expected 600000/],
    ['it is longer', Buffer.concat([words, words]), /has 1200000 bytes, expected 600000/],
  ])('uses nothing of a file of which %s', async (_, bytes, message) => {
    room.content['/pair/words.bin'] = bytes;
    await expect(room.install()).rejects.toThrow(message);
    expect(await room.stateOf('pair')).not.toBe('installed');
    await expect(room.store().load('pair', 'net.onnx')).rejects.toMatchObject({ name: 'PackMissingError' });
    expect(
      (await readdir(join(packFolder(room.modelsDir, 'pair'), 'partial'))).filter((name) => name.endsWith('words.bin')),
    ).toEqual([]);
  });

  it('stops a file that grows beyond its size without having said so', async () => {
    room.handlers = [(_request, response, whole) => void response.writeHead(200).end(Buffer.concat([whole, whole]))];
    await expect(room.install()).rejects.toThrow(/more than 600000 bytes/);
  });

  it('asks again for what a body is short of, and says how much came when no more does', async () => {
    const short: Handler = (request, response, whole) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      response.writeHead(start > 0 ? 206 : 200, {
        etag: '"e"',
        ...(start > 0 && { 'content-range': `bytes ${start}-${start}/*` }),
      });
      response.end(start > 0 ? '' : whole.subarray(0, 1_000));
    };
    room.handlers = [short, short, short, short];
    await expect(room.install()).rejects.toThrow(
      /sent 1000 of 600000 bytes; 1000 bytes are kept, and the same command/,
    );
    expect(room.wordRequests()).toHaveLength(4);
    expect(await room.stateOf('pair')).toBe('unfinished');
  });

  it('gives up at once on a file that is not there, and says what else can be done', async () => {
    delete room.content['/pair/words.bin'];
    await expect(room.install()).rejects.toThrow(/404.*--mirror.*--from/s);
    expect(room.wordRequests()).toHaveLength(1);
  });

  it('tries again where a server is troubled, for a while', async () => {
    const troubled: Handler = (_request, response) => void response.writeHead(503, { 'retry-after': '0' }).end();
    room.handlers = [troubled, troubled];
    await room.install();
    expect(room.wordRequests()).toHaveLength(3);
    await room.installer().remove('pair');
    room.handlers = [troubled, troubled, troubled, troubled];
    await expect(room.install()).rejects.toThrow(/answers 503/);
  });

  it('tries again where a server falls silent', async () => {
    room.handlers = [() => {}];
    await room.installer({ silenceMs: 200 }).install('pair', room.accepting());
    expect(room.wordRequests()).toHaveLength(2);
  });

  it('follows the server within itself, but not in circles and never to plain http elsewhere', async () => {
    const to =
      (location: string): Handler =>
      (_request, response) =>
        void response.writeHead(302, { location }).end();
    room.handlers = [to('/pair/words.bin?again')];
    room.content['/pair/words.bin?again'] = words;
    await room.install();
    await room.installer().remove('pair');
    room.handlers = Array.from({ length: 6 }, () => to('/pair/words.bin'));
    await expect(room.install()).rejects.toThrow(/more than 5 times/);
    room.handlers = [to('http://localhost:1/words.bin')];
    await expect(room.install()).rejects.toThrow(/sent to http:\/\/localhost:1, which is not https/);
    room.handlers = [to('file:///etc/passwd')];
    await expect(room.install()).rejects.toThrow(/not https/);
  });

  it('stops what is longer than may be taken of a file of unknown size', async () => {
    room.content['/loose/words.bin'] = Buffer.alloc(800_000);
    const digests = new Map([['words.bin', sha256(room.content['/loose/words.bin'])]]);
    await expect(room.install({ sha256: digests }, 'loose')).rejects.toThrow(/800000 bytes, and at most 700000/);
  });

  describe('through a proxy', () => {
    let proxy: Server;
    let asked: string[];
    beforeEach(async () => {
      asked = [];
      proxy = createServer((request, response) => {
        const { host, pathname } = new URL(request.url ?? '');
        asked.push(`${request.method} ${host}${pathname} ${request.headers['proxy-authorization'] ?? ''}`);
        const bytes = room.content[pathname];
        if (bytes) honest(request, response, bytes);
        else response.writeHead(404).end();
      });
      proxy.on('connect', (request, socket) => {
        asked.push(`CONNECT ${request.url}`);
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    });
    afterEach(() => new Promise((resolve) => proxy.close(resolve)));
    const address = (user = '') => `http://${user}127.0.0.1:${(proxy.address() as AddressInfo).port}`;

    it('asks the proxy for http addresses, with its credentials', async () => {
      const through = room.installer({ proxies: { http: address('me:secret@') } });
      await through.install('pair', room.accepting({ mirror: 'http://mirror.invalid/' }));
      const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
      expect(asked).toEqual([
        `GET mirror.invalid/pair/net.onnx ${credentials}`,
        `GET mirror.invalid/pair/words.bin ${credentials}`,
      ]);
      expect(room.requests).toEqual([]);
    });

    it('opens a tunnel for https addresses, and says so when the proxy opens none', async () => {
      const through = room.installer({ proxies: { https: address() }, retryDelaysMs: [] });
      await expect(through.install('pair', room.accepting({ mirror: undefined }))).rejects.toThrow(/packs.invalid/);
      expect(asked).toEqual(['CONNECT packs.invalid:443']);
    });

    it('goes past it to the hosts that need none', async () => {
      await room.installer({ proxies: { http: address(), none: '127.0.0.1,other' } }).install('pair', room.accepting());
      expect(asked).toEqual([]);
      expect(room.requests).toHaveLength(2);
    });
  });
});
