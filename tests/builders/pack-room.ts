import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../src/vision/models/digest.ts';
import { createOnnxGraph } from '../../src/vision/models/onnx-writer.ts';
import { type DownloaderParts, openDownloader, type Proxies } from '../../src/vision/packs/download.ts';
import {
  type InstallOptions,
  type InstallResult,
  openPackInstaller,
  openPackStore,
  type PackEntry,
  type PackInstaller,
  type PackStore,
  type PrepareSteps,
} from '../../src/vision/packs/index.ts';

/** A real net, small: what it is fed times 2. Some bytes beside it make downloads long enough to be cut. */
function doubling(): Uint8Array {
  const graph = createOnnxGraph('doubling');
  const input = graph.input('image', ['N', 4]);
  graph.node('Mul', [input, graph.scalar(2)], {}, 'doubled');
  graph.output('doubled', ['N', 4]);
  return graph.serialise();
}
export const net = doubling();
export const words = Buffer.alloc(600_000, 'some words that are no net. ');

/** A pack of two files that are pinned. */
export const entry: PackEntry = {
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
/** A pack whose file nobody has pinned. */
export const unpinned: PackEntry = {
  ...entry,
  id: 'loose',
  files: [{ path: 'words.bin', url: 'https://packs.invalid/words.bin', maxBytes: 700_000, holds: 'words' }],
};
const { commercialUse: _, ...withoutTerms } = entry;
/** A pack whose files the operator brings. */
export const brought: PackEntry = {
  ...withoutTerms,
  id: 'brought',
  licence: { name: 'stated by the operator' },
  files: [
    { path: 'net.onnx', maxBytes: 10_000, holds: 'a net' },
    { path: 'classes.json', maxBytes: 1_000, holds: 'its classes' },
  ],
};

/** Answers a request for a file. */
export type Handler = (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => void;

/** Serves with ranges and a strong ETag, as the homes of models do. */
export const honest: Handler = (request, response, content) => {
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

/** A models folder and a home of packs on this machine, whose answers a test writes. */
export interface PackRoom {
  readonly modelsDir: string;
  readonly mirror: string;
  readonly requests: { path: string; range: string | undefined; ifRange: string | undefined }[];
  /** Answers to the next requests for words, in their order; {@link honest} ones after them. */
  handlers: Handler[];
  readonly content: Record<string, Uint8Array>;
  installer(
    parts?: { steps?: PrepareSteps; proxies?: Proxies; packs?: readonly PackEntry[] } & DownloaderParts,
  ): PackInstaller;
  store(steps?: PrepareSteps): PackStore;
  accepting(more?: Partial<InstallOptions>): InstallOptions;
  install(more?: Partial<InstallOptions>, id?: string): Promise<InstallResult>;
  stateOf(id: string): Promise<string | undefined>;
  wordRequests(): PackRoom['requests'];
  close(): Promise<void>;
}

/** Opens a room for a test of packs. */
export async function openPackRoom(): Promise<PackRoom> {
  const modelsDir = await mkdtemp(join(tmpdir(), 'likeness-packs-'));
  const requests: PackRoom['requests'] = [];
  const content: PackRoom['content'] = { '/pair/net.onnx': net, '/pair/words.bin': words, '/loose/words.bin': words };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push({ path, range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
    const bytes = content[path];
    const handler = path.endsWith('/net.onnx') ? honest : (room.handlers.shift() ?? honest);
    if (bytes) handler(request, response, bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const all = [entry, unpinned, brought];
  const room: PackRoom = {
    modelsDir,
    mirror,
    requests,
    content,
    handlers: [],
    installer: (parts = {}) =>
      openPackInstaller({
        modelsDir,
        manifest: { packs: parts.packs ?? all },
        steps: parts.steps ?? {},
        proxies: parts.proxies ?? {},
        openDownloader: (proxies) =>
          openDownloader({
            proxies,
            retryDelaysMs: parts.retryDelaysMs ?? [1, 1, 1],
            silenceMs: parts.silenceMs ?? 5_000,
          }),
      }),
    store: (steps = {}) => openPackStore({ modelsDir, manifest: { packs: all }, steps }),
    accepting: (more = {}) => ({ accept: () => true, mirror, ...more }),
    install: (more = {}, id = 'pair') => room.installer().install(id, room.accepting(more)),
    stateOf: async (id) => (await room.store().list()).find((status) => status.entry.id === id)?.state,
    wordRequests: () => requests.filter(({ path }) => path.endsWith('words.bin')),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(modelsDir, { recursive: true, force: true });
    },
  };
  return room;
}
