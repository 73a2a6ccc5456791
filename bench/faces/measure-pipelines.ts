import { type Child, type Cost, startChild } from '../shared/child.ts';
import type { PeerAnswer, PeerQuestion } from '../shared/peers/pipeline-child.ts';
import type { Progress } from '../shared/progress.ts';
import { type Summary, seededRandom, shuffled, summarise } from '../shared/stats.ts';
import type { OurAnswer, OurQuestion } from './ours-child.ts';
import type { PhotoSet } from './photos.ts';

/** A pipeline that is measured from an image file to embedded faces. */
export type SideName = 'likeness accurate' | 'likeness fast' | 'face-api' | 'human';

/** The measured pipelines. */
export const sideNames: readonly SideName[] = ['likeness accurate', 'likeness fast', 'face-api', 'human'];

/** One pipeline on one set of photos. */
export interface SideRow {
  readonly side: SideName;
  /** Milliseconds of a photo. */
  readonly photo: Summary;
  /** Faces found in the set, as the side itself counts. */
  readonly faces: number;
  readonly facesPerSecond: number;
  readonly photosPerSecond: number;
  /** Faces per second of processor time: what facesPerSecond would be if nothing else ran. */
  readonly facesPerCpuSecond: number;
  /** The most memory the side's process held up to the end of the set, bytes. */
  readonly peakBytes: number;
}

/** All pipelines on one set of photos. */
export interface SetFigures {
  readonly set: string;
  readonly photos: number;
  readonly sides: readonly SideRow[];
}

/** What several workers gain over one process on the same photos. */
export interface ScalingFigures {
  readonly workers: number;
  readonly facesPerSecondAlone: number;
  readonly facesPerSecondPooled: number;
  readonly peakBytesPooled: number;
}

const ORDER_SEED = 5;

interface Side {
  readonly name: SideName;
  embed(path: string): Promise<Cost & { readonly faces: number; readonly peakBytes: number }>;
  close(): void;
}

/** Steps that {@link measurePipelines} reports. */
export function pipelineSteps(sets: readonly PhotoSet[], rounds: number): number {
  return rounds * sets.reduce((sum, { paths }) => sum + paths.length, 0);
}

/**
 * Sends every photo through every pipeline, photo by photo in turns; who begins changes with every photo.
 *
 * @throws {Error} when a side fails
 */
export async function measurePipelines(
  modelsDir: string,
  sets: readonly PhotoSet[],
  rounds: number,
  progress: Progress,
): Promise<SetFigures[]> {
  const sides = await Promise.all(sideNames.map((name) => openSide(name, modelsDir)));
  try {
    const figures: SetFigures[] = [];
    const random = seededRandom(ORDER_SEED);
    for (const { name, paths } of sets) {
      const taken = new Map(sides.map((side) => [side, { ms: [] as number[], cpuMs: 0, faces: 0, peakBytes: 0 }]));
      for (const side of sides) for (const path of paths.slice(0, 2)) await side.embed(path);
      for (let round = 0; round < rounds; round++) {
        for (const [i, path] of shuffled(paths, random).entries()) {
          for (let turn = 0; turn < sides.length; turn++) {
            const side = sides[(round + i + turn) % sides.length];
            const sum = side && taken.get(side);
            if (side === undefined || sum === undefined) continue;
            const { ms, cpuMs, faces, peakBytes } = await side.embed(path);
            sum.ms.push(ms);
            sum.cpuMs += cpuMs;
            sum.faces += faces;
            sum.peakBytes = peakBytes;
          }
          progress.step(name);
        }
      }
      figures.push({
        set: name,
        photos: paths.length,
        sides: [...taken].map(([side, { ms, cpuMs, faces, peakBytes }]) => {
          const seconds = ms.reduce((sum, x) => sum + x, 0) / 1000;
          return {
            side: side.name,
            photo: summarise(ms),
            faces: faces / rounds,
            facesPerSecond: faces / seconds,
            photosPerSecond: ms.length / seconds,
            facesPerCpuSecond: (1000 * faces) / cpuMs,
            peakBytes,
          };
        }),
      });
    }
    return figures;
  } finally {
    for (const side of sides) side.close();
  }
}

async function openSide(name: SideName, modelsDir: string): Promise<Side> {
  if (name === 'face-api' || name === 'human') {
    const child = startChild<PeerQuestion, PeerAnswer>(new URL('../shared/peers/pipeline-child.js', import.meta.url));
    await child.ask({ kind: 'open', peer: name });
    return { name, embed: (path) => child.ask({ kind: 'embed-all', path }), close: child.close };
  }
  const child = openOurs();
  await child.ask({ kind: 'open', modelsDir, profile: name === 'likeness fast' ? 'fast' : 'accurate' });
  return { name, embed: (path) => child.ask({ kind: 'embed', path, find: 'all' }), close: child.close };
}

function openOurs(): Child<OurQuestion, OurAnswer> {
  return startChild<OurQuestion, OurAnswer>(new URL('./ours-child.js', import.meta.url));
}

/** Sends the same photos through one process and through a pool of workers, in turns. */
export async function measureScaling(
  modelsDir: string,
  paths: readonly string[],
  workers: number,
  rounds: number,
  progress: Progress,
): Promise<ScalingFigures> {
  const [alone, pooled] = [openOurs(), openOurs()];
  try {
    await alone.ask({ kind: 'open', modelsDir, profile: 'accurate' });
    await pooled.ask({ kind: 'open-pool', modelsDir, profile: 'accurate', workers });
    const warm = paths.slice(0, 2);
    const sums = { alone: { ms: 0, faces: 0 }, pooled: { ms: 0, faces: 0, peakBytes: 0 } };
    await Promise.all([
      alone.ask({ kind: 'embed-many', paths: warm }),
      pooled.ask({ kind: 'embed-many', paths: warm }),
    ]);
    for (let round = 0; round < rounds; round++) {
      for (const path of paths) {
        const { ms, faces } = await alone.ask({ kind: 'embed', path, find: 'all' });
        sums.alone.ms += ms;
        sums.alone.faces += faces;
      }
      const { ms, faces, peakBytes } = await pooled.ask({ kind: 'embed-many', paths });
      sums.pooled.ms += ms;
      sums.pooled.faces += faces;
      sums.pooled.peakBytes = peakBytes;
      progress.step(`${workers} workers`);
    }
    return {
      workers,
      facesPerSecondAlone: (1000 * sums.alone.faces) / sums.alone.ms,
      facesPerSecondPooled: (1000 * sums.pooled.faces) / sums.pooled.ms,
      peakBytesPooled: sums.pooled.peakBytes,
    };
  } finally {
    alone.close();
    pooled.close();
  }
}
