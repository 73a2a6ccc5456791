import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type FaceEngine, openFaceEngine } from '../../src/vision/face-engine.ts';
import type { EmbedFacesOptions } from '../../src/vision/faces.ts';
import { profiles } from '../../src/vision/recipe/profiles.ts';
import { openVisionPool, type VisionPool } from '../../src/vision/workers/index.ts';
import { type Cost, peakMemory, serveChild, startCounting } from '../shared/child.ts';

/** What our process is asked. */
export type OurQuestion =
  | { readonly kind: 'open'; readonly modelsDir: string; readonly profile: 'accurate' | 'fast' }
  | {
      readonly kind: 'open-pool';
      readonly modelsDir: string;
      readonly profile: 'accurate' | 'fast';
      readonly workers: number;
    }
  | { readonly kind: 'embed'; readonly path: string; readonly find: EmbedFacesOptions['find'] }
  /** Embeds all faces of all photos, as many at once as the pool takes. */
  | { readonly kind: 'embed-many'; readonly paths: readonly string[] };

/** What it answers, with what the work cost from the files' bytes to the result; workers' processor time is not counted. */
export interface OurAnswer extends Cost {
  readonly faces: number;
  readonly peakBytes: number;
}

let engine: FaceEngine | undefined;
let pool: VisionPool | undefined;
let profile: 'accurate' | 'fast' = 'accurate';

serveChild<OurQuestion, OurAnswer>(async (question) => {
  if (question.kind === 'open') {
    profile = question.profile;
    engine = await openFaceEngine({ modelsDir: question.modelsDir, profile });
    return { ms: 0, cpuMs: 0, faces: 0, peakBytes: peakMemory() };
  }
  if (question.kind === 'open-pool') {
    profile = question.profile;
    pool = openVisionPool({
      entry: new URL('../../src/vision/workers/worker.js', import.meta.url).pathname,
      settings: { modelsDir: question.modelsDir, profile },
      workers: question.workers,
      queueLimit: 1000,
      taskTimeoutMs: 120_000,
      workerMemoryBytes: 4 * 2 ** 30,
    });
    await pool.ready();
    return { ms: 0, cpuMs: 0, faces: 0, peakBytes: peakMemory() };
  }
  const paths = question.kind === 'embed' ? [question.path] : question.paths;
  const find = question.kind === 'embed' ? question.find : 'all';
  const files = await Promise.all(paths.map((path) => readFile(path)));
  const embedder = pool ?? engine;
  if (embedder === undefined) throw new Error('neither engine nor pool was opened');
  const spent = startCounting();
  const found = await Promise.all(
    files.map((bytes) => embedder.embed({ bytes }, optionsOf(find), new AbortController().signal)),
  );
  const cost = spent();
  return { ...cost, faces: found.reduce((sum, { accepted }) => sum + accepted.length, 0), peakBytes: peakOfAll() };
});

/** This process' peak and, where the system tells it (Linux), its workers' too. */
function peakOfAll(): number {
  const ofWorkers = (pool?.pids() ?? []).map((pid) => {
    try {
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    } catch {
      return 0;
    }
  });
  return ofWorkers.reduce((sum, bytes) => sum + bytes, peakMemory());
}

function optionsOf(find: EmbedFacesOptions['find']): EmbedFacesOptions {
  return {
    modelVersion: profiles[profile].modelVersion,
    find,
    maxFaces: 100,
    keep: 'largest',
    qualityFilter: 'NONE',
    attributes: new Set(),
  };
}
