import { createHash } from 'node:crypto';
import type { Progress } from '../shared/progress.ts';
import { type BenchServer, startServer } from '../shared/server.ts';
import { type Summary, summarise } from '../shared/stats.ts';

/** What one operation costs. */
export interface OperationRow {
  readonly operation: string;
  /** One client, milliseconds a call, from the SDK's call to its answer. */
  readonly ms: Summary;
  /** By number of clients. */
  readonly imagesPerSecond: readonly { readonly clients: number; readonly rate: number }[];
}

/** All operations on one server. */
export interface OperationFigures {
  readonly workers: number;
  readonly photos: number;
  readonly rows: readonly OperationRow[];
  readonly peakBytes?: number;
}

type Call = (server: BenchServer, image: Uint8Array) => Promise<unknown>;

/** Each on one photo; a row each. */
const operations: Readonly<Record<string, Call>> = {
  DetectFaces: ({ api }, Bytes) => api.detectFaces({ Image: { Bytes } }),
  DetectLabels: ({ api }, Bytes) => api.detectLabels({ Image: { Bytes } }),
  'DetectLabels with properties': ({ api }, Bytes) =>
    api.detectLabels({ Image: { Bytes }, Features: ['GENERAL_LABELS', 'IMAGE_PROPERTIES'] }),
  DetectText: ({ api }, Bytes) => api.detectText({ Image: { Bytes } }),
  DetectModerationLabels: ({ api }, Bytes) => api.detectModerationLabels({ Image: { Bytes } }),
};

/** Two calls that name the same photo are one look: every photo gets bytes of its own. */
function fresh(image: Uint8Array, call: number): Uint8Array {
  // Bytes after a JPEG's or PNG's end are read over.
  return Buffer.concat([image, createHash('sha256').update(`${call}`).digest()]);
}

/** Steps that {@link measureOperations} reports. */
export function operationSteps(clients: readonly number[]): number {
  return (Object.keys(operations).length + 1) * (1 + clients.length);
}

/**
 * Calls every operation through a started server, by one client and by several, over the same photos.
 *
 * @param clients numbers of clients that call at once
 */
export async function measureOperations(
  photos: readonly Uint8Array[],
  options: { readonly workers: number; readonly rounds: number; readonly clients: readonly number[] },
  progress: Progress,
): Promise<OperationFigures> {
  const { workers, rounds, clients } = options;
  const server = await startServer({ workers });
  try {
    const query = photos[0] as Uint8Array;
    const sha256 = createHash('sha256').update(query).digest('hex');
    let calls = 0;
    const similar: Call = async ({ own }, image) => {
      const bytes = Buffer.from(fresh(image, calls++)).toString('base64');
      const answer = await own('RankSimilarImages', { like: { sha256 }, candidates: [{ bytes }] });
      if (answer.ranking.length !== 1) throw new Error(`RankSimilarImages failed: ${JSON.stringify(answer.failed)}`);
    };
    const like = { bytes: Buffer.from(query).toString('base64') };
    await server.own('RankSimilarImages', { like, candidates: [like] });
    const all = Array.from({ length: rounds }, () => photos).flat();
    const rows: OperationRow[] = [];
    for (const [operation, call] of Object.entries({ ...operations, RankSimilarImages: similar })) {
      // Every worker loads its nets first.
      await atOnce(2 * workers, photos.slice(0, 2 * workers), (image) => call(server, image));
      progress.step(`${operation}, one client`);
      const ms: number[] = [];
      for (const image of all) {
        const start = performance.now();
        await call(server, image);
        ms.push(performance.now() - start);
      }
      const imagesPerSecond: OperationRow['imagesPerSecond'][number][] = [];
      for (const count of clients) {
        progress.step(`${operation}, ${count} clients`);
        const start = performance.now();
        await atOnce(count, all, (image) => call(server, image));
        imagesPerSecond.push({ clients: count, rate: (1000 * all.length) / (performance.now() - start) });
      }
      rows.push({ operation, ms: summarise(ms), imagesPerSecond });
    }
    const peakBytes = server.peakBytes();
    return { workers, photos: photos.length, rows, ...(peakBytes !== undefined && { peakBytes }) };
  } finally {
    await server.close();
  }
}

async function atOnce<Item>(count: number, items: readonly Item[], work: (item: Item) => Promise<unknown>) {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}
