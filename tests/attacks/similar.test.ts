import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rankSimilarImages } from '../../src/areas/similar/index.ts';
import { type CapabilityParts, createCapabilities } from '../../src/compose/capabilities.ts';
import { createImageReader } from '../../src/compose/image-reader.ts';
import type { OwnResponseOf } from '../../src/contract/index.ts';
import { createImageMemories, type PurposeName } from '../../src/governance/index.ts';
import { ImageError } from '../../src/media/errors.ts';
import type { RoleName } from '../../src/shared/role-names.ts';
import type { DetectLabelsOptions, EncodedImage, VisualFeature } from '../../src/vision/index.ts';
import { callerWith, gateBench, refusalOf } from '../builders/gate.ts';

/** Someone tries to learn of another's photos, or of what is withheld, by asking what looks alike. */
const photo = Buffer.from('a photo');
const sha256 = createHash('sha256').update(photo).digest('hex');
const sent = { bytes: photo.toString('base64') };
const held = { sha256 };

/** The operation itself behind the real gate and the real wrappers, over nets that are told what they see. */
function bench(roles?: readonly RoleName[]) {
  const looks: string[] = [];
  const asked: DetectLabelsOptions[] = [];
  const capabilitiesFor = createCapabilities({
    images: createImageReader({ objects: {} as never, maxInlineBytes: 1000, maxObjectBytes: 1000 }),
    vision: {
      async detectLabels(_image: EncodedImage, options: DetectLabelsOptions) {
        asked.push(options);
        const labels = [{ name: 'Smile', confidence: 90, instances: [], source: 'faces' }];
        return { width: 1, height: 1, labels, sources: [] };
      },
    },
    visualSimilarity: {
      version: 'test-1',
      reader: {
        async visualFeature({ bytes }: EncodedImage): Promise<VisualFeature> {
          const text = Buffer.from(bytes).toString();
          if (text === 'broken') throw new ImageError('unrecognised', 'no image');
          looks.push(text);
          return { version: 'test-1', content: Float32Array.of(1), colours: Float32Array.of(1) };
        },
      },
      similarityOf: () => 42,
    },
    imageMemories: createImageMemories({ maxBytes: 1e6, idleMs: 1e6, clock: () => 0 }),
    labelCatalog: {
      coverage: async () => [
        { source: 'faces', version: '1', operation: 'DetectLabels', labels: ['Smile'], notCovered: '' },
      ],
    },
    withholding: { forCall: () => ({}) },
  } as unknown as CapabilityParts);
  const made = gateBench({
    ...(roles && { roles }),
    capabilitiesFor,
    parts: { operations: { RankSimilarImages: rankSimilarImages } },
  });
  const rank = async (request: object, caller = callerWith()) => {
    const { response } = await made.call('RankSimilarImages', request, caller);
    return response as OwnResponseOf<'RankSimilarImages'>;
  };
  return { ...made, rank, looks, asked };
}

const under = (purpose: PurposeName, person = 'operator') => callerWith({ person, purposes: [purpose] });

describe('whoever knows the digest of a photo', () => {
  it('learns nothing of it, unless they sent it themselves under this purpose', async () => {
    const { rank, looks } = bench();
    const mine = await rank({ like: sent, candidates: [held] }, under('photo-library'));
    expect(mine.ranking).toEqual([{ candidate: 0, sha256, similarity: 42 }]);
    for (const other of [under('photo-library', 'bert'), under('media-archive'), under('evaluation', 'bert')]) {
      expect(await refusalOf(rank({ like: held, candidates: [held] }, other))).toMatchObject({
        code: 'ResourceNotFoundException',
      });
      const theirs = await rank(
        { like: { bytes: Buffer.from('another').toString('base64') }, candidates: [held] },
        other,
      );
      expect(theirs).toMatchObject({ ranking: [], notHeld: [0] });
    }
    // A photo of one's own is looked at anew for each, so that time does not tell that another has it.
    await rank({ like: sent, candidates: [held] }, under('photo-library', 'bert'));
    expect(looks.filter((text) => text === 'a photo')).toHaveLength(2);
  });

  it('is not told by labels either', async () => {
    const { rank } = bench();
    await rank({ concept: 'Smile', candidates: [sent] }, under('photo-library'));
    expect(await rank({ concept: 'Smile', candidates: [held] }, under('photo-library', 'bert'))).toMatchObject({
      ranking: [],
      notHeld: [0],
    });
  });
});

describe('a concept', () => {
  it('is looked for without asking what faces tell of gender, feelings or age, under any purpose', async () => {
    const { rank, asked } = bench();
    for (const purpose of ['photo-library', 'evaluation'] as const) {
      await rank({ concept: 'Smile', candidates: [sent] }, under(purpose));
    }
    expect(asked).toHaveLength(2);
    for (const { attributes } of asked) {
      expect([...attributes].sort()).toEqual(['beard', 'eyeglasses', 'mustache', 'smile', 'sunglasses']);
    }
  });
});

describe('the audit of similar images', () => {
  it('counts, and holds neither digest nor likeness', async () => {
    const { rank, records } = bench();
    const broken = { bytes: Buffer.from('broken').toString('base64') };
    const answer = await rank({ like: sent, candidates: [held, broken] });
    expect(answer.failed).toMatchObject([{ candidate: 1, code: 'InvalidImageFormatException' }]);
    const [decision, outcome] = records();
    expect(decision).toMatchObject({ kind: 'decision', operation: 'RankSimilarImages', purpose: 'photo-library' });
    expect(outcome).toMatchObject({ kind: 'outcome', counts: { imagesLookedAt: 1, imagesCompared: 1 } });
    expect(JSON.stringify(records())).not.toMatch(new RegExp(`${sha256}|"?probes"?:|42`));
  });

  it('has the refusals of those whose role does not look at images', async () => {
    const { rank, records, looks } = bench(['auditor']);
    expect(await refusalOf(rank({ like: sent, candidates: [held] }))).toMatchObject({ code: 'AccessDeniedException' });
    expect(records().at(-1)).toMatchObject({ kind: 'refusal', rule: 'role-allows-operation' });
    expect(looks).toEqual([]);
  });
});
