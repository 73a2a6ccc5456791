import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { sha256 } from '../models/digest.ts';
import { createOnnxGraph } from '../models/onnx-writer.ts';
import { openNet } from '../sessions/net.ts';
import { type DownloaderParts, openDownloader, type Proxies } from './download.ts';
import {
  type InstallOptions,
  type InstallProgress,
  openPackInstaller,
  openPackStore,
  type PackEntry,
  type PrepareSteps,
} from './index.ts';
import { packFolder } from './store.ts';

/** A real net, small: what it is fed times 2. Some bytes beside it make downloads long enough to be cut. */
function doubling(): Uint8Array {
  const graph = createOnnxGraph('doubling');
  const input = graph.input('image', ['N', 4]);
  graph.node('Mul', [input, graph.scalar(2)], {}, 'doubled');
  graph.output('doubled', ['N', 4]);
  return graph.serialise();
}
const net = doubling();
const words = Buffer.alloc(600_000, 'some words that are no net. ');

const entry: PackEntry = {
  id: 'pair',
  purpose: 'for a test',
  kind: 'image-classifier',
  files: [
    { path: 'net.onnx', url: 'https://packs.invalid/net.onnx', bytes: net.length, sha256: sha256(net), holds: 'a net' },
    {
      path: 'words.bin',
      url: 'https://packs.invalid/words.bin',
      bytes: words.length,
      sha256: sha256(words),
      holds: 'words',
    },
  ],
  licence: { name: 'MIT', url: 'https://packs.invalid/LICENSE' },
  commercialUse: true,
  provenance: { authors: '', upstream: '', trainingData: '', caveats: '' },
  signature: { inputs: [], outputs: [], notes: [] },
  measured: 'no',
};
const unpinned: PackEntry = {
  ...entry,
  id: 'loose',
  files: [{ path: 'words.bin', url: 'https://packs.invalid/words.bin', maxBytes: 700_000, holds: 'words' }],
};
const { commercialUse: _, ...withoutTerms } = entry;
const brought: PackEntry = {
  ...withoutTerms,
  id: 'brought',
  licence: { name: 'stated by the operator' },
  files: [
    { path: 'net.onnx', maxBytes: 10_000, holds: 'a net' },
    { path: 'classes.json', maxBytes: 1_000, holds: 'its classes' },
  ],
};

type Handler = (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => void;

/** Serves with ranges and a strong ETag, as the homes of models do. */
const honest: Handler = (request, response, content) => {
  const etag = `"${sha256(content).slice(0, 8)}"`;
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  const start = from !== undefined && (condition === undefined || condition === etag) ? Number(from) : 0;
  if (start > content.length) return void response.writeHead(416).end();
  const partial = from !== undefined && start === Number(from);
  response.writeHead(partial ? 206 : 200, {
    etag,
    'content-length': content.length - start,
    ...(partial && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  response.end(content.subarray(start));
};

describe('installing a pack', () => {
  let modelsDir: string;
  let server: Server;
  let mirror: string;
  let requests: { path: string; range: string | undefined; ifRange: string | undefined }[];
  let handlers: Handler[];
  let content: Record<string, Uint8Array>;

  beforeEach(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), 'likeness-install-'));
    requests = [];
    handlers = [];
    content = { '/pair/net.onnx': net, '/pair/words.bin': words, '/loose/words.bin': words };
    server = createServer((request, response) => {
      const path = request.url ?? '';
      requests.push({ path, range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
      const bytes = content[path];
      const handler = path.endsWith('/net.onnx') ? honest : (handlers.shift() ?? honest);
      if (bytes) handler(request, response, bytes);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(modelsDir, { recursive: true, force: true });
  });

  const installer = (
    parts: { steps?: PrepareSteps; proxies?: Proxies; packs?: readonly PackEntry[] } & DownloaderParts = {},
  ) =>
    openPackInstaller({
      modelsDir,
      manifest: { packs: parts.packs ?? [entry, unpinned, brought] },
      steps: parts.steps ?? {},
      proxies: parts.proxies ?? {},
      openDownloader: (proxies) =>
        openDownloader({
          proxies,
          retryDelaysMs: parts.retryDelaysMs ?? [1, 1, 1],
          silenceMs: parts.silenceMs ?? 5_000,
        }),
    });
  const store = (steps: PrepareSteps = {}) =>
    openPackStore({ modelsDir, manifest: { packs: [entry, unpinned, brought] }, steps });
  const accepting = (more: Partial<InstallOptions> = {}): InstallOptions => ({ accept: () => true, mirror, ...more });
  const install = (more: Partial<InstallOptions> = {}, id = 'pair') => installer().install(id, accepting(more));
  const stateOf = async (id: string) => (await store().list()).find((status) => status.entry.id === id)?.state;
  const wordRequests = () => requests.filter(({ path }) => path.endsWith('words.bin'));

  it('fetches every file, checks it, tells how far it is, and leaves a net that runs', async () => {
    const progress: InstallProgress[] = [];
    const { pack, did } = await install({ onProgress: (step) => progress.push(step) });
    expect(did).toBe('installed');
    expect(pack.files.map(({ pinnedBy }) => pinnedBy)).toEqual(['manifest', 'manifest']);
    expect(await stateOf('pair')).toBe('installed');
    const opened = await openNet(await store().load('pair', 'net.onnx'));
    await opened.close();
    const fetched = progress.filter(({ phase, item }) => phase === 'fetch' && item === 'words.bin');
    expect(fetched.at(0)?.done).toBe(0);
    expect(fetched.at(-1)).toMatchObject({ done: words.length, total: words.length, unit: 'bytes' });
    expect((await readdir(packFolder(modelsDir, 'pair'))).sort()).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}-(net.onnx|words.bin)$/),
      expect.stringMatching(/^[0-9a-f]{16}-(net.onnx|words.bin)$/),
      'pack.json',
    ]);
  });

  it('fetches nothing that is there, and only what is damaged', async () => {
    await install();
    requests.length = 0;
    expect((await install()).did).toBe('nothing');
    expect(requests).toEqual([]);
    const folder = packFolder(modelsDir, 'pair');
    const damaged = (await readdir(folder)).find((name) => name.endsWith('words.bin'))!;
    await writeFile(join(folder, damaged), 'x');
    expect(await stateOf('pair')).toBe('damaged');
    await install();
    expect(requests.map(({ path }) => path)).toEqual(['/pair/words.bin']);
    expect(await stateOf('pair')).toBe('installed');
  });

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
    handlers = [cutAfter(200_000)];
    await install();
    const [first, second] = wordRequests();
    expect(first).toMatchObject({ range: undefined });
    expect(second?.range).toMatch(/^bytes=\d{5,6}-$/);
    expect(second?.ifRange).toBe(`"${sha256(words).slice(0, 8)}"`);
    expect(wordRequests()).toHaveLength(2);
  });

  it('keeps what came when it is stopped, and the next run goes on from there', async () => {
    const abort = new AbortController();
    // It sends a part and then nothing more, until the other end gives up.
    handlers = [
      (_request, response, whole) => {
        response.writeHead(200, { etag: '"e"', 'content-length': whole.length });
        response.write(whole.subarray(0, 100_000));
      },
    ];
    const onProgress = ({ item, done }: InstallProgress) => {
      if (item === 'words.bin' && done >= 100_000) abort.abort();
    };
    await expect(install({ signal: abort.signal, onProgress })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stateOf('pair')).toBe('unfinished');
    handlers = [
      (request, response, whole) => {
        expect(request.headers['if-range']).toBe('"e"');
        response.writeHead(206, {
          etag: '"e"',
          'content-range': `bytes 100000-${whole.length - 1}/${whole.length}`,
        });
        response.end(whole.subarray(100_000));
      },
    ];
    await install();
    expect(wordRequests().map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
    expect(await stateOf('pair')).toBe('installed');
  });

  const withoutRanges: Handler = (_request, response, whole) => {
    response.writeHead(200, { 'content-length': whole.length });
    response.end(whole);
  };

  it('begins anew where the server gives no parts', async () => {
    handlers = [cutAfter(200_000, withoutRanges), withoutRanges];
    await install();
    expect(wordRequests()[1]?.range).toMatch(/^bytes=/);
    expect(await stateOf('pair')).toBe('installed');
  });

  it('begins anew where the file has changed since the first part', async () => {
    const older = Buffer.alloc(words.length, 'older');
    handlers = [cutAfter(200_000, (request, response) => honest(request, response, older))];
    await install();
    expect(await stateOf('pair')).toBe('installed');
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
    handlers = [cutAfter(200_000, careless(Buffer.alloc(words.length, 'older'))), careless(words), careless(words)];
    await install();
    expect(wordRequests().at(-1)?.range).toBeUndefined();
    expect(await stateOf('pair')).toBe('installed');
  });

  it('begins anew where the server gives another part than was asked for, or says that there is none', async () => {
    const elsewhere: Handler = (_request, response, whole) => {
      response.writeHead(206, { 'content-range': `bytes 7-${whole.length - 1}/${whole.length}` });
      response.end(whole.subarray(7));
    };
    handlers = [cutAfter(200_000), elsewhere];
    await install();
    await installer().remove('pair');
    handlers = [cutAfter(200_000), (_request, response) => void response.writeHead(416).end()];
    await install();
    expect(await stateOf('pair')).toBe('installed');
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
    content['/pair/words.bin'] = bytes;
    await expect(install()).rejects.toThrow(message);
    expect(await stateOf('pair')).not.toBe('installed');
    await expect(store().load('pair', 'net.onnx')).rejects.toMatchObject({ name: 'PackMissingError' });
    expect(
      (await readdir(join(packFolder(modelsDir, 'pair'), 'partial'))).filter((name) => name.endsWith('words.bin')),
    ).toEqual([]);
  });

  it('stops a file that grows beyond its size without having said so', async () => {
    handlers = [(_request, response, whole) => void response.writeHead(200).end(Buffer.concat([whole, whole]))];
    await expect(install()).rejects.toThrow(/more than 600000 bytes/);
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
    handlers = [short, short, short, short];
    await expect(install()).rejects.toThrow(/sent 1000 of 600000 bytes; 1000 bytes are kept, and the same command/);
    expect(wordRequests()).toHaveLength(4);
    expect(await stateOf('pair')).toBe('unfinished');
  });

  it('gives up at once on a file that is not there, and says what else can be done', async () => {
    delete content['/pair/words.bin'];
    await expect(install()).rejects.toThrow(/404.*--mirror.*--from/s);
    expect(wordRequests()).toHaveLength(1);
  });

  it('tries again where a server is troubled, for a while', async () => {
    const troubled: Handler = (_request, response) => void response.writeHead(503, { 'retry-after': '0' }).end();
    handlers = [troubled, troubled];
    await install();
    expect(wordRequests()).toHaveLength(3);
    await installer().remove('pair');
    handlers = [troubled, troubled, troubled, troubled];
    await expect(install()).rejects.toThrow(/answers 503/);
  });

  it('tries again where a server falls silent', async () => {
    handlers = [() => {}];
    await installer({ silenceMs: 200 }).install('pair', accepting());
    expect(wordRequests()).toHaveLength(2);
  });

  it('follows the server within itself, but not in circles and never to plain http elsewhere', async () => {
    const to =
      (location: string): Handler =>
      (_request, response) =>
        void response.writeHead(302, { location }).end();
    handlers = [to('/pair/words.bin?again')];
    content['/pair/words.bin?again'] = words;
    await install();
    await installer().remove('pair');
    handlers = Array.from({ length: 6 }, () => to('/pair/words.bin'));
    await expect(install()).rejects.toThrow(/more than 5 times/);
    handlers = [to('http://localhost:1/words.bin')];
    await expect(install()).rejects.toThrow(/sent to http:\/\/localhost:1, which is not https/);
    handlers = [to('file:///etc/passwd')];
    await expect(install()).rejects.toThrow(/not https/);
  });

  it('fetches nothing when the licence is not accepted, and asks again only for another one', async () => {
    await expect(install({ accept: () => false })).rejects.toMatchObject({ name: 'PackLicenceNotAcceptedError' });
    expect(requests).toEqual([]);
    await install();
    const asked: string[] = [];
    await install({ accept: ({ name }) => asked.push(name) > 0 });
    expect(asked).toEqual([]);
  });

  it('refuses in a commercial deployment what may not be used for gain, before it asks or fetches', async () => {
    const packs = [{ ...entry, commercialUse: false }];
    const accept = () => {
      throw new Error('asked');
    };
    await expect(installer({ packs }).install('pair', { accept, mirror })).rejects.toMatchObject({
      name: 'ModelLicenceError',
    });
    expect(requests).toEqual([]);
  });

  describe('from files that were brought', () => {
    let folder: string;
    beforeEach(async () => {
      folder = join(modelsDir, 'usb');
      await mkdir(folder);
      await writeFile(join(folder, 'net.onnx'), net);
      await writeFile(join(folder, 'words.bin'), words);
      await writeFile(join(folder, 'classes.json'), '[]');
    });
    const offline = { mirror: undefined };
    const stated = { licence: 'a contract', commercialUse: true };

    it('takes them from the folder, fetches nothing and leaves the folder as it is', async () => {
      await install({ ...offline, from: folder });
      expect(requests).toEqual([]);
      expect(await stateOf('pair')).toBe('installed');
      expect(await readdir(folder)).toEqual(['classes.json', 'net.onnx', 'words.bin']);
    });

    it('refuses another file under the name', async () => {
      await writeFile(join(folder, 'words.bin'), Buffer.alloc(words.length));
      await expect(install({ ...offline, from: folder })).rejects.toThrow(/has SHA-256 .* expected/);
      await writeFile(join(folder, 'words.bin'), 'short');
      await expect(install({ ...offline, from: folder })).rejects.toThrow(/has 5 bytes, expected/);
      expect(await stateOf('pair')).not.toBe('installed');
    });

    it('says what is missing', async () => {
      await rm(join(folder, 'words.bin'));
      await expect(install({ ...offline, from: folder })).rejects.toThrow(/no file words.bin in/);
      await expect(install({ ...offline, from: join(folder, 'none') })).rejects.toThrow(/nothing at/);
      await expect(install({ ...offline, from: join(folder, 'net.onnx') })).rejects.toThrow(/several files/);
      await expect(install({ ...offline }, 'brought')).rejects.toThrow(/--licence/);
      await expect(install({ ...offline, stated }, 'brought')).rejects.toThrow(/--from <folder>/);
    });

    it("takes a model of the operator's own under the operator's digests and licence, and keeps it so", async () => {
      const from = { ...offline, from: folder, stated };
      const refused = await install(from, 'brought').catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'PackUnpinnedError', files: [{ found: sha256(net) }, {}] });
      expect(String(refused)).toContain(`--sha256 net.onnx=${sha256(net)}`);
      const digests = new Map([
        ['net.onnx', sha256(net)],
        ['classes.json', sha256(Buffer.from('[]'))],
      ]);
      const { pack } = await install({ ...from, sha256: digests }, 'brought');
      expect(pack).toMatchObject({ licence: 'a contract', commercialUse: true });
      expect(pack.files.map(({ pinnedBy }) => pinnedBy)).toEqual(['operator', 'operator']);
      expect((await install(offline, 'brought')).did).toBe('nothing');

      await writeFile(join(folder, 'classes.json'), '["hat"]');
      await expect(install({ ...from, sha256: digests }, 'brought')).rejects.toThrow(/has SHA-256/);
      digests.set('classes.json', sha256(Buffer.from('["hat"]')));
      const changed = await install({ ...from, sha256: digests }, 'brought');
      expect(changed.pack.version).not.toBe(pack.version);
      expect(Buffer.from(await store().load('brought', 'classes.json')).toString()).toBe('["hat"]');
      expect(await readdir(packFolder(modelsDir, 'brought'))).toHaveLength(3);
    });

    it('refuses in a commercial deployment what its operator does not say to allow that', async () => {
      const digests = new Map([['net.onnx', sha256(net)]]);
      const terms = { licence: 'research only', commercialUse: false };
      await expect(
        install({ ...offline, from: folder, stated: terms, sha256: digests }, 'brought'),
      ).rejects.toMatchObject({ name: 'ModelLicenceError' });
    });
  });

  it('fetches what this release does not pin only under a digest of the operator', async () => {
    await expect(install({}, 'loose')).rejects.toThrow(/--sha256 words.bin=<SHA-256>/);
    expect(requests).toEqual([]);
    const wrong = new Map([['words.bin', sha256(net)]]);
    await expect(install({ sha256: wrong }, 'loose')).rejects.toThrow(/has SHA-256/);
    const { pack } = await install({ sha256: new Map([['words.bin', sha256(words)]]) }, 'loose');
    expect(pack.files).toMatchObject([{ sha256: sha256(words), bytes: words.length, pinnedBy: 'operator' }]);
  });

  it('takes no digest for a file that is pinned, that there is not, or that is none', async () => {
    const given = (name: string, digest: string) => install({ sha256: new Map([[name, digest]]) });
    await expect(given('net.onnx', sha256(words))).rejects.toThrow(/pinned by this release/);
    await expect(given('../net.onnx', sha256(words))).rejects.toThrow(/has no file/);
    await expect(given('net.onnx', 'abc')).rejects.toThrow(/64 hex digits/);
    await expect(install({ from: modelsDir })).rejects.toThrow(/--from or --mirror/);
    await expect(install({ mirror: 'ftp://example.org' })).rejects.toThrow(/http or https/);
    await expect(install({ stated: { licence: 'mine', commercialUse: true } })).rejects.toThrow(/is known/);
    expect(requests).toEqual([]);
  });

  it('stops what is longer than may be taken of a file of unknown size', async () => {
    content['/loose/words.bin'] = Buffer.alloc(800_000);
    const digests = new Map([['words.bin', sha256(content['/loose/words.bin'])]]);
    await expect(install({ sha256: digests }, 'loose')).rejects.toThrow(/800000 bytes, and at most 700000/);
  });

  it('never leads out of the folder of packs, whatever a manifest names', async () => {
    const packs = (path: string, id = 'pair') => [{ ...entry, id, files: [{ ...entry.files[0]!, path }] }];
    for (const path of ['../out.onnx', '/etc/out', 'a/b', '.hidden', 'a\\b', 'a..\u0000'])
      await expect(installer({ packs: packs(path) }).install('pair', accepting())).rejects.toThrow(/plain name/);
    await expect(installer({ packs: packs('a', '../up') }).install('../up', accepting())).rejects.toThrow(/plain name/);
    await expect(installer().install('..', accepting())).rejects.toMatchObject({ name: 'UnknownPackError' });
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('lets one process at a time install a pack, and takes over from one that was killed', async () => {
    let release = () => {};
    handlers = [
      (request, response, whole) => {
        release = () => honest(request, response, whole);
      },
    ];
    const first = install();
    await expect.poll(() => wordRequests().length).toBe(1);
    await expect(install()).rejects.toMatchObject({ name: 'PackBusyError' });
    await expect(installer().remove('pair')).rejects.toMatchObject({ name: 'PackBusyError' });
    release();
    await first;
    await installer().remove('pair');

    const lock = join(packFolder(modelsDir, 'pair'), 'lock');
    await mkdir(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await install();
    expect(await stateOf('pair')).toBe('installed');
  });

  it('removes a pack with all that is of it', async () => {
    await install();
    expect(await installer().remove('pair')).toBe(true);
    expect(await stateOf('pair')).toBe('absent');
    expect(await readdir(join(modelsDir, 'packs'))).toEqual([]);
    expect(await installer().remove('pair')).toBe(false);
  });

  describe('through a proxy', () => {
    let proxy: Server;
    let asked: string[];
    beforeEach(async () => {
      asked = [];
      proxy = createServer((request, response) => {
        const { host, pathname } = new URL(request.url ?? '');
        asked.push(`${request.method} ${host}${pathname} ${request.headers['proxy-authorization'] ?? ''}`);
        const bytes = content[pathname];
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
      const through = installer({ proxies: { http: address('me:secret@') } });
      await through.install('pair', accepting({ mirror: 'http://mirror.invalid/' }));
      const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
      expect(asked).toEqual([
        `GET mirror.invalid/pair/net.onnx ${credentials}`,
        `GET mirror.invalid/pair/words.bin ${credentials}`,
      ]);
      expect(requests).toEqual([]);
    });

    it('opens a tunnel for https addresses, and says so when the proxy opens none', async () => {
      const through = installer({ proxies: { https: address() }, retryDelaysMs: [] });
      await expect(through.install('pair', accepting({ mirror: undefined }))).rejects.toThrow(/packs.invalid/);
      expect(asked).toEqual(['CONNECT packs.invalid:443']);
    });

    it('goes past it to the hosts that need none', async () => {
      await installer({ proxies: { http: address(), none: '127.0.0.1,other' } }).install('pair', accepting());
      expect(asked).toEqual([]);
      expect(requests).toHaveLength(2);
    });
  });

  describe('that is prepared', () => {
    let table: string;
    let runs: number;
    let fails: boolean;
    const steps: PrepareSteps = {
      pair: {
        title: 'Counting words',
        dependsOn: () => table,
        run: async ({ load, onProgress }) => {
          runs++;
          if (fails) throw new Error('no words');
          onProgress(1, 2);
          const bytes = await load('words.bin');
          return new Map([['counts.txt', Buffer.from(`${bytes.length} ${table}`)]]);
        },
      },
    };
    beforeEach(() => {
      table = 'first';
      runs = 0;
      fails = false;
    });
    const run = (more: Partial<InstallOptions> = {}) => installer({ steps }).install('pair', accepting(more));
    const product = async () => Buffer.from(await store(steps).load('pair', 'counts.txt')).toString();

    it('runs the step after the install, and again only when something that it depends on is another', async () => {
      const progress: InstallProgress[] = [];
      expect((await run({ onProgress: (step) => progress.push(step) })).pack.ready).toBe(true);
      expect(await product()).toBe('600000 first');
      expect(progress.filter(({ phase }) => phase === 'prepare').map(({ done }) => done)).toEqual([0, 50, 100]);
      expect((await run()).did).toBe('nothing');
      expect(runs).toBe(1);
      table = 'second';
      expect((await store(steps).installed('pair'))?.ready).toBe(false);
      requests.length = 0;
      expect((await run()).did).toBe('prepared');
      expect({ runs, requests }).toEqual({ runs: 2, requests: [] });
      expect(await product()).toBe('600000 second');
      expect(await readdir(packFolder(modelsDir, 'pair'))).toHaveLength(4);
    });

    it('keeps the files of a pack whose preparation failed, and runs it at the next try', async () => {
      fails = true;
      await expect(run()).rejects.toThrow('no words');
      expect((await store(steps).installed('pair'))?.ready).toBe(false);
      fails = false;
      requests.length = 0;
      expect((await run()).did).toBe('prepared');
      expect(requests).toEqual([]);
    });

    it('makes a damaged product anew', async () => {
      await run();
      const folder = packFolder(modelsDir, 'pair');
      const name = (await readdir(folder)).find((each) => each.endsWith('counts.txt'))!;
      await writeFile(join(folder, name), 'nonsense');
      await expect(product()).rejects.toMatchObject({ name: 'PackCorruptError' });
      expect((await run()).did).toBe('prepared');
      expect(await product()).toBe('600000 first');
    });
  });

  const yunet = join(packageRoot(), '..', 'shared', 'data', 'models', 'face_detection_yunet_2023mar.onnx');
  it.skipIf(!existsSync(yunet))(
    'installs the real YuNet under the pin of this release (skipped without ../shared/data)',
    async () => {
      content['/yunet/face_detection_yunet_2023mar.onnx'] = await readFile(yunet);
      const real = openPackInstaller({ modelsDir });
      const { pack } = await real.install('yunet', accepting());
      expect(pack.licence).toBe('MIT');
      const opened = await openNet(
        await openPackStore({ modelsDir }).load('yunet', 'face_detection_yunet_2023mar.onnx'),
      );
      await opened.close();
    },
  );
});
