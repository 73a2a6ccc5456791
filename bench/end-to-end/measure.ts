import { freshBytes, type LargePhoto } from '../shared/large-photo.ts';
import type { Progress } from '../shared/progress.ts';
import type { BenchServer } from '../shared/server.ts';
import { percentile } from '../shared/stats.ts';
import { COLLECTION } from './fill.ts';

/** One load of SearchFacesByImage. */
export interface LoadRow {
  readonly photo: string;
  readonly clients: number;
  readonly calls: number;
  readonly seconds: number;
  /** Milliseconds from the SDK's call to its answer. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** A load to put on the server. */
export interface Load {
  readonly name: string;
  readonly photo: LargePhoto;
  readonly clients: number;
  readonly seconds: number;
}

let calls = 0;

/** Lets so many clients, each with connections of its own, search again and again, one call after the other. */
export async function measureLoad(server: BenchServer, load: Load, progress: Progress): Promise<LoadRow> {
  const { name, photo, clients, seconds } = load;
  progress.step(`${name}, ${clients} clients`);
  const ms: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const api = server.connect();
      while (performance.now() < end) {
        const Bytes = freshBytes(photo, calls++);
        const began = performance.now();
        const found = await api.searchFacesByImage({ CollectionId: COLLECTION, Image: { Bytes }, MaxFaces: 10 });
        ms.push(performance.now() - began);
        if (found.SearchedFaceBoundingBox === undefined) throw new Error('a search found no face in the photo');
      }
      api.destroy();
    }),
  );
  const took = (performance.now() - start) / 1000;
  return {
    photo: name,
    clients,
    calls: ms.length,
    seconds: took,
    p50: percentile(ms, 0.5),
    p95: percentile(ms, 0.95),
    p99: percentile(ms, 0.99),
    perSecond: ms.length / took,
  };
}
