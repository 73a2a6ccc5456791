import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabelledPair } from '../bias/index.ts';
import { openScoreCache, type ScoringParts, scorePairs } from './score-pairs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-score-pairs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type CompareFaces = ScoringParts['api']['compareFaces'];
type Answer = Awaited<ReturnType<CompareFaces>>;

/** An API whose faces are the files' own text: `none` has no face, equal first letters are alike. */
function api(answer: (source: string, target: string) => Answer = similar) {
  const calls: string[] = [];
  const compareFaces: CompareFaces = async ({ SourceImage, TargetImage, SimilarityThreshold }) => {
    const [source, target] = [SourceImage, TargetImage].map((image) => Buffer.from(image?.Bytes ?? []).toString());
    calls.push(`${source} ${target} ${SimilarityThreshold}`);
    if (source === 'none' || target === 'none') throw named('InvalidParameterException');
    return answer(source ?? '', target ?? '');
  };
  return { calls, compareFaces };
}

function similar(source: string, target: string): Answer {
  return { FaceMatches: [match(source[0] === target[0] ? 97 : 3, 0.5)], UnmatchedFaces: [] } as Answer;
}

function match(similarity: number, side: number) {
  return { Similarity: similarity, Face: { BoundingBox: { Left: 0, Top: 0, Width: side, Height: side } } };
}

function named(name: string): Error {
  return Object.assign(new Error('as a server says it'), { name });
}

function pairOf(a: string, b: string, same = true): LabelledPair {
  for (const image of [a, b]) writeFileSync(join(folder, image), image.replace(/\d*\.jpg$/, ''));
  const side = (image: string) => ({ image, person: image, group: 'g' });
  return { a: side(a), b: side(b), same };
}

function score(pairs: readonly LabelledPair[], parts: Partial<ScoringParts> & Pick<ScoringParts, 'api'>) {
  const signal = new AbortController().signal;
  return scorePairs(pairs, { folder, concurrency: 2, signal, onProgress: () => {}, ...parts });
}

describe('scoring pairs', () => {
  it('asks with a threshold of 0, so that low scores are told too', async () => {
    const server = api();
    const { pairs } = await score([pairOf('ann1.jpg', 'amy.jpg'), pairOf('ann2.jpg', 'bob.jpg', false)], {
      api: server,
    });
    expect(pairs.map((pair) => pair.score)).toEqual([97, 3]);
    expect(server.calls.every((call) => call.endsWith(' 0'))).toBe(true);
  });

  it('finds which image has no face, asking once for each image', async () => {
    const server = api();
    const { pairs, failures } = await score(
      [pairOf('ann.jpg', 'none1.jpg'), pairOf('none1.jpg', 'ann.jpg'), pairOf('none2.jpg', 'none1.jpg')],
      { api: server, concurrency: 1 },
    );
    expect(failures).toEqual([]);
    expect(pairs.map(({ a, b, score: given }) => [a.failed, b.failed, given])).toEqual([
      [false, true, undefined],
      [true, false, undefined],
      [true, true, undefined],
    ]);
    expect(server.calls.filter((call) => call.startsWith('ann ann'))).toHaveLength(1);
  });

  it('tells which images are one file under two names', async () => {
    const { copies } = await score([pairOf('ann1.jpg', 'bob.jpg', false), pairOf('ann2.jpg', 'bob.jpg', false)], {
      api: api(),
    });
    expect(copies.map((pair) => pair.toSorted())).toEqual([['ann1.jpg', 'ann2.jpg']]);
  });

  it('takes the largest face of the other image, not the most alike', async () => {
    const crowd = () => ({ FaceMatches: [match(99, 0.1), match(12, 0.4)], UnmatchedFaces: [] }) as Answer;
    const { pairs } = await score([pairOf('a.jpg', 'b.jpg')], { api: api(crowd) });
    expect(pairs[0]?.score).toBe(12);
  });

  it('stops when the server keeps low scores back, because half the truth is no measurement', async () => {
    const withheld = () => ({ FaceMatches: [], UnmatchedFaces: [{}] }) as Answer;
    await expect(score([pairOf('a.jpg', 'b.jpg')], { api: api(withheld) })).rejects.toThrow(
      /keeps low similarities back/,
    );
  });

  it('stops at a refusal, and lists what fails otherwise', async () => {
    const refuse = () => {
      throw named('AccessDeniedException');
    };
    await expect(score([pairOf('a.jpg', 'b.jpg')], { api: api(refuse) })).rejects.toThrow('as a server says it');
    const tooLarge = () => {
      throw named('ImageTooLargeException');
    };
    const { failures } = await score([pairOf('a.jpg', 'b.jpg')], { api: api(tooLarge) });
    expect(failures).toEqual([{ pair: 'a.jpg, b.jpg', error: 'ImageTooLargeException: as a server says it' }]);
  });
});

describe('the cache of scores', () => {
  it('spares what an earlier run compared, failures too, and holds no name', async () => {
    const path = join(folder, 'cache.jsonl');
    const pairs = [pairOf('ann.jpg', 'bob.jpg', false), pairOf('ann.jpg', 'none.jpg')];
    const first = await score(pairs, { api: api(), cache: openScoreCache(path, 'models') });
    const server = api();
    const second = await score(pairs, { api: server, cache: openScoreCache(path, 'models') });
    expect(server.calls).toEqual([]);
    expect(second).toEqual(first);
    expect(readFileSync(path, 'utf8')).not.toMatch(/ann|bob|jpg/);
  });

  it('is of no use to other models, and survives a line that was cut off', async () => {
    const path = join(folder, 'cache.jsonl');
    const pairs = [pairOf('ann.jpg', 'bob.jpg', false)];
    await score(pairs, { api: api(), cache: openScoreCache(path, 'models') });
    writeFileSync(path, `${readFileSync(path, 'utf8')}["models","cut`);
    const other = api();
    await score(pairs, { api: other, cache: openScoreCache(path, 'newer models') });
    expect(other.calls).toHaveLength(1);
    const again = api();
    await score(pairs, { api: again, cache: openScoreCache(path, 'newer models') });
    expect(again.calls).toEqual([]);
  });
});
