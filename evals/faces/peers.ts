import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../../bench/shared/child.ts';
import { ensurePeers, peerPackages } from '../../bench/shared/peers/install.ts';
import type { PeerAnswer, PeerQuestion } from '../../bench/shared/peers/pipeline-child.ts';
import type { PeerName } from '../../bench/shared/peers/pipelines.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import type { LfwImage, LfwPair } from './lfw.ts';

/** What a peer's own pipeline reaches on the labelled pairs. */
export interface PeerFigures {
  readonly peer: PeerName;
  readonly version: string;
  readonly pairs: number;
  /** 0..1: share of pairs judged rightly, each fold by the threshold that is best on the others; a face not found is an error. */
  readonly accuracy: number;
  /** The same over the pairs of which both faces were found: what its embedding is worth where its detector served. */
  readonly accuracyWhereFound: number;
  /** 0..1: share of mated pairs above the threshold that one in a thousand of the impostor pairs passes; a face not found never passes. */
  readonly tarAt1e3: number;
  /** Pairs of which a face was not found. */
  readonly pairsWithoutFace: number;
}

/** What {@link measurePeers} takes. */
export interface PeerMeasurement {
  readonly pairs: readonly LfwPair[];
  readonly images: readonly LfwImage[];
  /** Told after every pair. */
  readonly onProgress?: (peer: PeerName, done: number, total: number) => void;
  readonly say?: (line: string) => void;
  readonly peers?: readonly PeerName[];
}

/** A pair's score, higher is more alike; undefined when a face was not found. */
export interface ScoredPair {
  readonly fold: number;
  readonly same: boolean;
  readonly score: number | undefined;
}

/**
 * Measures the peers by their own pipelines, each in a process of its own.
 *
 * The pairs' scores are kept below build/, so that a run that was broken off goes on where it stopped: about 20 minutes
 * a peer on an idle core. Faces' embeddings stay in the peer's process.
 *
 * @throws {Error} when a peer can't be installed or fails
 */
export async function measurePeers({
  pairs,
  images,
  onProgress = () => {},
  say = () => {},
  peers = ['face-api', 'human'],
}: PeerMeasurement): Promise<PeerFigures[]> {
  await ensurePeers(say);
  return Promise.all(
    peers.map(async (peer) => {
      const scores = await scorePairs(peer, pairs, images, (done) => onProgress(peer, done, pairs.length));
      return figuresOf(
        peer,
        pairs.map(({ fold, same }, i) => ({ fold, same, score: scores[i] })),
      );
    }),
  );
}

async function scorePairs(
  peer: PeerName,
  pairs: readonly LfwPair[],
  images: readonly LfwImage[],
  onPair: (done: number) => void,
): Promise<(number | undefined)[]> {
  const cache = openCache(peer);
  const scores: (number | undefined)[] = [];
  let child: ReturnType<typeof startChild<PeerQuestion, PeerAnswer>> | undefined;
  try {
    for (const { a, b } of pairs) {
      const [first, second] = [images[a], images[b]];
      if (first === undefined || second === undefined) throw new Error('a pair names an image that is not there');
      const key = `${first.sha256.slice(0, 16)}-${second.sha256.slice(0, 16)}`;
      let score = cache.get(key);
      if (score === undefined) {
        if (child === undefined) {
          child = startChild(new URL('../../bench/shared/peers/pipeline-child.js', import.meta.url));
          await child.ask({ kind: 'open', peer });
        }
        score = (await child.ask({ kind: 'compare', a: first.path, b: second.path })).score ?? null;
        cache.put(key, score);
      }
      scores.push(score ?? undefined);
      onPair(scores.length);
    }
    return scores;
  } finally {
    child?.close();
  }
}

interface ScoreCache {
  /** Null when a face was not found. */
  get(key: string): number | null | undefined;
  put(key: string, score: number | null): void;
}

/** Lines of JSON: a run that is killed loses at most the pair it was at. */
function openCache(peer: PeerName): ScoreCache {
  const folder = join(packageRoot(), 'build', 'peer-scores');
  mkdirSync(folder, { recursive: true });
  const versions = createHash('sha256').update(JSON.stringify(peerPackages)).digest('hex').slice(0, 8);
  const path = join(folder, `${peer}-${versions}.jsonl`);
  const known = new Map<string, number | null>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    if (!line.endsWith(']')) continue;
    const [key, score] = JSON.parse(line) as [string, number | null];
    known.set(key, score);
  }
  return {
    get: (key) => known.get(key),
    put: (key, score) => {
      known.set(key, score);
      appendFileSync(path, `${JSON.stringify([key, score])}\n`);
    },
  };
}

/** Reckons a peer's figures from its scores of the pairs. */
export function figuresOf(peer: PeerName, pairs: readonly ScoredPair[]): PeerFigures {
  const mated = pairs.filter(({ same }) => same);
  const impostors = pairs
    .filter(({ same }) => !same)
    .map(({ score }) => score ?? Number.NEGATIVE_INFINITY)
    .sort((a, b) => b - a);
  const limit = impostors[Math.floor(impostors.length / 1000)] ?? Number.NEGATIVE_INFINITY;
  return {
    peer,
    version: peerPackages[`@vladmandic/${peer}`] ?? 'unknown',
    pairs: pairs.length,
    accuracy: accuracyOf(pairs),
    accuracyWhereFound: accuracyOf(pairs.filter(({ score }) => score !== undefined)),
    tarAt1e3: mated.filter(({ score }) => score !== undefined && score > limit).length / mated.length,
    pairsWithoutFace: pairs.filter(({ score }) => score === undefined).length,
  };
}

function accuracyOf(pairs: readonly ScoredPair[]): number {
  const folds = [...new Set(pairs.map(({ fold }) => fold))];
  let right = 0;
  for (const fold of folds) {
    const threshold = bestThreshold(pairs.filter((pair) => pair.fold !== fold));
    right += pairs.filter((pair) => pair.fold === fold && isRight(pair, threshold)).length;
  }
  return right / pairs.length;
}

function isRight({ same, score }: ScoredPair, threshold: number): boolean {
  return score !== undefined && score >= threshold === same;
}

/** The score from which on calling a pair mated makes the fewest errors: half way between two scores. */
function bestThreshold(pairs: readonly ScoredPair[]): number {
  const scored = pairs
    .flatMap(({ same, score }) => (score === undefined ? [] : [{ same, score }]))
    .sort((a, b) => b.score - a.score);
  let right = scored.filter(({ same }) => !same).length;
  let best = right;
  let threshold = Number.POSITIVE_INFINITY;
  scored.forEach(({ same, score }, i) => {
    right += same ? 1 : -1;
    if (right <= best) return;
    best = right;
    threshold = (score + (scored[i + 1]?.score ?? score)) / 2;
  });
  return threshold;
}
