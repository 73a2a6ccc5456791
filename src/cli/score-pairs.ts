import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LabelledPair, ScoredPair } from '../bias/index.ts';
import { sha256Hex } from '../shared/canonical-json.ts';
import type { Connection } from './connect.ts';
import { UsageError } from './exit-codes.ts';

/** What scoring needs. */
export interface ScoringParts {
  readonly api: Pick<Connection['api'], 'compareFaces'>;
  /** Where images' paths begin, unless they are absolute. */
  readonly folder: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly cache?: ScoreCache;
  readonly onProgress: (done: number, failed: number) => void;
}

/** What came of scoring. */
export interface ScoringResult {
  readonly pairs: readonly ScoredPair[];
  /** Pairs that could not be scored for another reason than a missing face: no report can be made of the rest. */
  readonly failures: readonly { readonly pair: string; readonly error: string }[];
  /** Images that are the same file under two names: as two they would count for more than they are. */
  readonly copies: readonly (readonly [string, string])[];
  /** SHA-256 over the digests of all images, sorted. */
  readonly imagesDigest: string;
}

/** The outcome of one comparison: a similarity 0..100, or in which of the two images there was no face. */
export type Outcome = number | 'a' | 'b' | 'ab';

/** Outcomes of earlier runs. */
export interface ScoreCache {
  get(sourceDigest: string, targetDigest: string): Outcome | undefined;
  put(sourceDigest: string, targetDigest: string, outcome: Outcome): void;
}

/** Errors that no other pair will fare better with. */
const fatal: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'UsageError',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
]);

/**
 * Scores labelled pairs by CompareFaces with a threshold of 0, so through the gate: the largest face of each image.
 *
 * @throws {UsageError} when the server keeps scores back, so that low ones would be missing
 */
export async function scorePairs(pairs: readonly LabelledPair[], parts: ScoringParts): Promise<ScoringResult> {
  const digests = new Map<string, string>();
  const faceless = new Map<string, Promise<boolean>>();
  const outcomes: (Outcome | undefined)[] = [];
  const failures: { pair: string; error: string }[] = [];
  const read = async (image: string): Promise<Uint8Array> => {
    const bytes = new Uint8Array(await readFile(resolve(parts.folder, image)));
    if (!digests.has(image)) digests.set(image, sha256Hex(bytes));
    return bytes;
  };
  const hasNoFace = (image: string, bytes: Uint8Array): Promise<boolean> => {
    const known =
      faceless.get(image) ?? compare(parts.api, bytes, bytes).then((similarity) => similarity === undefined);
    faceless.set(image, known);
    return known;
  };
  const outcomeOf = async ({ a, b }: LabelledPair): Promise<Outcome> => {
    const [source, target] = [await read(a.image), await read(b.image)];
    const key = [digests.get(a.image) ?? '', digests.get(b.image) ?? ''] as const;
    const known = parts.cache?.get(...key);
    if (known !== undefined) return known;
    const similarity = await compare(parts.api, source, target);
    const outcome = similarity ?? failedSides(await hasNoFace(a.image, source), await hasNoFace(b.image, target));
    parts.cache?.put(...key, outcome);
    return outcome;
  };
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < pairs.length && !parts.signal.aborted) {
      const at = next++;
      const pair = pairs[at] as LabelledPair;
      try {
        outcomes[at] = await outcomeOf(pair);
      } catch (error) {
        const { name, message } = error as Error;
        if (fatal.has(name)) throw error;
        failures.push({ pair: `${pair.a.image}, ${pair.b.image}`, error: `${name}: ${message}` });
      }
      parts.onProgress(++done, failures.length);
    }
  };
  await Promise.all(Array.from({ length: parts.concurrency }, worker));
  parts.signal.throwIfAborted();
  return {
    pairs: pairs.map((pair, i) => withOutcome(pair, outcomes[i])),
    failures,
    copies: copiesAmong(digests),
    imagesDigest: sha256Hex([...new Set(digests.values())].sort().join('\n')),
  };
}

/**
 * The similarity of the largest faces of two images; undefined when one of them has none.
 *
 * @returns 0..100
 */
async function compare(api: ScoringParts['api'], source: Uint8Array, target: Uint8Array): Promise<number | undefined> {
  try {
    const answer = await api.compareFaces({
      SourceImage: { Bytes: source },
      TargetImage: { Bytes: target },
      SimilarityThreshold: 0,
    });
    const areaOf = ({ Width = 0, Height = 0 }: { Width?: number | undefined; Height?: number | undefined } = {}) =>
      Width * Height;
    const matches = answer.FaceMatches ?? [];
    const largest = matches.toSorted((a, b) => areaOf(b.Face?.BoundingBox) - areaOf(a.Face?.BoundingBox))[0];
    if (largest?.Similarity === undefined || (answer.UnmatchedFaces ?? []).length > 0) {
      throw new UsageError(
        'the server keeps low similarities back under the purpose of this key; use a key whose first purpose is evaluation: likeness keys create --person NAME --purposes evaluation',
      );
    }
    return largest.Similarity;
  } catch (error) {
    // Amazon's answer to an image without a face, and the only one of this name that images like these can draw.
    if ((error as Error).name === 'InvalidParameterException') return undefined;
    throw error;
  }
}

function copiesAmong(digests: ReadonlyMap<string, string>): [string, string][] {
  const first = new Map<string, string>();
  return [...digests].flatMap(([image, digest]): [string, string][] => {
    const before = first.get(digest);
    if (before !== undefined) return [[before, image]];
    first.set(digest, image);
    return [];
  });
}

/** A pair that fails though each of its images compares with itself is held against both. */
function failedSides(a: boolean, b: boolean): Outcome {
  return a && !b ? 'a' : b && !a ? 'b' : 'ab';
}

function withOutcome({ a, b, same }: LabelledPair, outcome: Outcome | undefined): ScoredPair {
  if (outcome === undefined || typeof outcome === 'number') return { a, b, same, score: outcome };
  return { a: { ...a, failed: outcome.includes('a') }, b: { ...b, failed: outcome.includes('b') }, same };
}

/**
 * Opens a file of scores, a line for each comparison, found again by the digests of both images and of the models. It
 * holds no name, no path and no template.
 *
 * @param modelsDigest scores of other models in the file are passed over
 */
export function openScoreCache(path: string, modelsDigest: string): ScoreCache {
  const known = new Map<string, Outcome>();
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    // What follows must not join a line that a stopped run left half written.
    if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
    for (const line of text.split('\n')) {
      const entry = parseLine(line);
      if (entry?.[0] === modelsDigest) known.set(`${entry[1]} ${entry[2]}`, entry[3]);
    }
  }
  return {
    get: (source, target) => known.get(`${source} ${target}`),
    put: (source, target, outcome) => {
      known.set(`${source} ${target}`, outcome);
      appendFileSync(path, `${JSON.stringify([modelsDigest, source, target, outcome])}\n`, { mode: 0o600 });
    },
  };
}

/** A line that a stopped run left half written counts for nothing. */
function parseLine(line: string): readonly [string, string, string, Outcome] | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return Array.isArray(entry) && entry.length === 4
      ? (entry as unknown as readonly [string, string, string, Outcome])
      : undefined;
  } catch {
    return undefined;
  }
}
