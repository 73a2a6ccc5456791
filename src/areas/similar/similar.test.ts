import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../contract/index.ts';
import { parseLabelTable } from '../../shared/label-table.ts';
import type { DetectedLabels } from '../../vision/index.ts';
import { judgeCandidates, requireBounds } from './candidates.ts';
import { openConcept } from './concept.ts';
import { requestedImage } from './named-image.ts';

const never = new AbortController().signal;
const digest = (letter: string) => letter.repeat(64);
const images = {
  read: async ({ Bytes, S3Object }: { Bytes?: Uint8Array; S3Object?: { Name?: string } } = {}) => {
    if (S3Object?.Name === 'absent')
      throw new ServiceError('InvalidS3ObjectException', 'Unable to get object metadata.');
    return { bytes: Bytes ?? new Uint8Array([1]), imageId: 'an id' };
  },
} as never;

describe('an image that is named', () => {
  it('is read, with the digest of what was read', async () => {
    const found = await requestedImage({ bytes: 'AQID' }, images, never);
    expect(found.image?.bytes).toEqual(Buffer.of(1, 2, 3));
    expect(found.sha256).toBe('039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81');
    expect(await requestedImage({ sha256: digest('a') }, images, never)).toEqual({ sha256: digest('a') });
  });

  it.each([[{}], [{ bytes: 'AQID', sha256: digest('a') }], [{ bytes: '§§§' }], [{ bytes: '=' }]])(
    'is refused as %j',
    async (named) => {
      await expect(requestedImage(named, images, never)).rejects.toMatchObject({ code: 'InvalidParameterException' });
    },
  );
});

describe('candidates', () => {
  const errorTerms = { say: (error: unknown) => (error instanceof ServiceError ? error : undefined) };
  const bucket = (name: string) => ({ s3Object: { bucket: 'photos', name } });

  it('are bounded in number, and in number of pictures', () => {
    const many = (count: number, one: object) => Array.from({ length: count }, () => one);
    expect(() => requireBounds([])).toThrow(/1 to 1000/);
    expect(() => requireBounds(many(1001, { sha256: digest('a') }))).toThrow(/1 to 1000/);
    expect(() => requireBounds(many(51, bucket('a')))).toThrow(/at most 50/);
    expect(() => requireBounds([...many(50, bucket('a')), ...many(950, { sha256: digest('a') })])).not.toThrow();
  });

  it('fail alone, are told in their order, and are not many at a time', async () => {
    let running = 0;
    let most = 0;
    const named = [{ sha256: digest('a') }, bucket('absent'), ...Array.from({ length: 20 }, (_, i) => bucket(`${i}`))];
    const judged = await judgeCandidates(named, { images, errorTerms }, never, async ({ image }) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resume) => setTimeout(resume, 2));
      running -= 1;
      return image && 50;
    });
    expect(judged.map(({ candidate }) => candidate)).toEqual([...named.keys()]);
    expect(judged.slice(0, 3).map(({ kind }) => kind)).toEqual(['not-held', 'failed', 'similar']);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('end the call where the server is too busy, where an error is unexpected, and where nobody waits', async () => {
    const judge = (error: Error) =>
      judgeCandidates([bucket('a')], { images, errorTerms }, never, async () => {
        throw error;
      });
    await expect(judge(new ServiceError('ThrottlingException', 'Slow down'))).rejects.toThrow('Slow down');
    await expect(judge(new Error('out of memory'))).rejects.toThrow('out of memory');
    const gone = judgeCandidates([bucket('a')], { images, errorTerms }, AbortSignal.abort(), async () => 1);
    await expect(gone).rejects.toThrow(/abort/i);
  });
});

describe('a concept', () => {
  const table = parseLabelTable('[Animals]\nAnimal\n  Pet\n    Dog = Hound\n    Cat\nPlant\n  Rare Orchid', [
    'Animals',
  ]);
  const coverage = [
    { source: 'nets', version: '1', operation: 'DetectLabels', labels: ['Dog', 'Cat'], notCovered: '' },
    { source: 'other', version: '1', operation: 'DetectModerationLabels', labels: ['Rare Orchid'], notCovered: '' },
  ] as never;

  function open(concept: string, seen: Record<string, number> = {}) {
    const held = new Map<string, unknown>();
    let looks = 0;
    const labels = Object.entries(seen).map(([name, confidence]) => ({
      name,
      confidence,
      instances: [],
      source: 'nets',
    }));
    const judge = openConcept(concept, table, coverage, {
      labelDetector: {
        async detectLabels() {
          looks += 1;
          return { width: 1, height: 1, labels, sources: [] } as DetectedLabels;
        },
      },
      imageMemory: {
        get: (kind, sha256) => held.get(kind + sha256) as never,
        set: (kind, sha256, value) => void held.set(kind + sha256, value),
      },
    });
    return { ...judge, looks: () => looks };
  }
  const image = { bytes: new Uint8Array() };

  it('is shown as surely as the surest label that is it or below it', async () => {
    const seen = { Dog: 70, Cat: 40 };
    for (const [concept, sure] of [
      ['Animal', 70],
      ['cat', 40],
      ['HOUND', 70],
      ['Pet', 70],
    ] as const) {
      expect(await open(concept, seen).sureness(image, 'a', never)).toBe(sure);
    }
    expect(await open('Dog', { Cat: 40 }).sureness(image, 'a', never)).toBe(0);
  });

  it('is looked for once in an image, whose digest then serves', async () => {
    const dog = open('Dog', { Dog: 70 });
    expect(await dog.sureness(undefined, 'a', never)).toBeUndefined();
    expect(await dog.sureness(image, 'a', never)).toBe(70);
    expect(await dog.sureness(undefined, 'a', never)).toBe(70);
    expect(await dog.sureness(image, 'a', never)).toBe(70);
    expect(dog.looks()).toBe(1);
    expect(dog.version).toBe('nets-1');
  });

  it('that the table does not have, or no installed source can tell, is refused', () => {
    expect(() => open('Unicorn')).toThrow(/'Unicorn' is no label of the table.*likeness models labels/);
    expect(() => open('Rare Orchid')).toThrow(/no installed source of labels can tell Rare Orchid/);
    expect(() => open('Plant')).toThrow(ServiceError);
  });
});
