import { describe, expect, it } from 'vitest';
import { syntheticPairs, syntheticThreshold } from '../../tests/builders/scored-pairs.ts';
import { createSigner, makeSigningKey, verifyDocument } from '../shared/signing.ts';
import {
  biasReportPage,
  defaultProtocol,
  isBiasReport,
  makeBiasReport,
  reportText,
  type ScoredPair,
  signBiasReport,
} from './index.ts';
import { seededRandom } from './random.ts';

const signer = createSigner(makeSigningKey());
const origin = {
  software: 'likeness 0.0.0',
  signedAt: '2026-01-01T00:00:00.000Z',
  policy: { version: '1', digest: 'd'.repeat(64) },
  faceModelVersion: '1.0',
  models: [{ id: 'net', sha256: 'e'.repeat(64) }],
};

function reportOf(pairs: readonly ScoredPair[], form: 'pairs' | 'scores' = 'pairs') {
  return makeBiasReport(pairs, {
    ...defaultProtocol,
    replicates: 100,
    threshold: syntheticThreshold,
    thresholdFrom: 'the default',
    scale: { low: 0, high: 150 },
    data: { form, files: { pairs: 'a'.repeat(64) }, identities: 'stated', repeatedPairs: 0 },
  });
}

const groups = [
  { name: 'large', people: 60, falseMatchRate: 0.05, falseNonMatchRate: 0.1, failureRate: 0.05 },
  { name: 'small', people: 12, falseMatchRate: 0.05, falseNonMatchRate: 0.1 },
];
const pairs = syntheticPairs(groups, seededRandom(1));
const signed = signBiasReport(signer, reportOf(pairs), origin);

describe('a bias report', () => {
  it('bears a signature that no change survives', () => {
    expect(verifyDocument(signer.publicKeyPem, JSON.parse(reportText(signed).text))).toBe(true);
    const changed = { ...signed, protocol: { ...signed.protocol, threshold: 70 } };
    expect(verifyDocument(signer.publicKeyPem, changed)).toBe(false);
  });

  it('is the same for the same pairs and seed', () => {
    expect(reportOf(pairs)).toEqual(reportOf(pairs));
  });

  it('signs nothing that was slipped in beside its own members', () => {
    const slipped = { ...reportOf(pairs), signature: { value: 'mine' }, origin: { software: 'another' }, extra: 1 };
    const again = signBiasReport(signer, slipped, origin);
    expect(again).not.toHaveProperty('extra');
    expect(again.origin.software).toBe('likeness 0.0.0');
    expect(verifyDocument(signer.publicKeyPem, again)).toBe(true);
  });

  it('names no model for scores that were brought along', () => {
    const { origin: told } = signBiasReport(signer, reportOf(pairs, 'scores'), origin);
    expect(told).not.toHaveProperty('models');
    expect(told).not.toHaveProperty('faceModelVersion');
  });

  it('holds no person and no image', () => {
    const named = pairs.map((pair) => ({
      ...pair,
      a: { ...pair.a, image: 'secret.jpg' },
      b: { ...pair.b, image: 'b.jpg' },
    }));
    const { text } = reportText(signBiasReport(signer, reportOf(named), origin));
    expect(text).not.toMatch(/secret|large-\d|small-\d/);
  });

  it('is told from other values', () => {
    expect(isBiasReport(JSON.parse(JSON.stringify(reportOf(pairs))))).toBe(true);
    for (const other of [undefined, null, 1, [], {}, { ...signed, kind: 'likeness/consent-receipt' }]) {
      expect(isBiasReport(other)).toBe(false);
    }
  });
});

describe('a group with too few people', () => {
  const small = signed.measurement.groups.find(({ group }) => group === 'small');

  it('gets a sentence that says how many more it needs, and no rate, count of errors or scores', () => {
    expect(small?.falseNonMatch).toEqual({
      status: 'refused',
      comparisons: 48,
      people: 12,
      needed: { people: 20, morePeople: 8 },
      sentence: expect.stringContaining('At least 20 people are needed, 8 more'),
    });
    expect(small).not.toHaveProperty('genuineScores');
    expect(small?.sweep?.falseNonMatch.some((rate) => rate !== null)).toBe(false);
  });

  it('is in no differential, and the report says so', () => {
    for (const each of signed.measurement.differentials) expect(each.leftOut).toContain('small');
    expect(signed.cautions.join(' ')).toContain('Too few people for any comparison');
  });
});

describe('a rate below what the sample can show', () => {
  const { measurement } = reportOf(
    syntheticPairs([{ name: 'g', people: 100, falseMatchRate: 1e-9, falseNonMatchRate: 0.1 }], seededRandom(2)),
  );
  const figure = measurement.groups[0]?.falseMatchWithin;

  it('is not printed; its bound is no better than three in the number of comparisons', () => {
    if (figure?.status !== 'bounded') throw new Error('a bound was expected');
    expect(figure).not.toHaveProperty('rate');
    expect(figure.below).toBeGreaterThanOrEqual(3 / figure.comparisons);
    expect(figure.sentence).toMatch(/no rate: 0 false matches in 500 comparisons/);
  });

  it('comes with how many comparisons would show the rate that is aimed at', () => {
    if (figure?.status !== 'bounded') throw new Error('a bound was expected');
    expect(figure.needed.forRate).toBe(1e-4);
    expect(figure.needed.comparisons).toBeGreaterThanOrEqual(30_000);
    expect(figure.needed.moreComparisons).toBe((figure.needed.comparisons ?? 0) - 500);
  });
});

describe('failure to enrol', () => {
  it('is counted per image where images are known, and kept out of the other rates', () => {
    const person = (i: number) => ({ person: `p${i}`, group: 'g', image: `${i}.jpg` });
    const some: ScoredPair[] = Array.from({ length: 40 }, (_, i) => ({
      a: { ...person(i), failed: i < 8 },
      b: { ...person(i), image: `${i}b.jpg` },
      same: true,
      score: i < 8 ? undefined : 95,
    }));
    const [group] = reportOf(some).measurement.groups;
    expect(group?.enrolmentUnit).toBe('images');
    expect(group?.failureToEnrol).toMatchObject({ comparisons: 80, errors: 8, rate: 0.1 });
    expect(group?.falseNonMatch).toMatchObject({ comparisons: 32, errors: 0 });
  });
});

describe('impostors', () => {
  it('of two groups are told apart and in no rate within a group', () => {
    const side = (group: string, i: number) => ({ person: `${group}${i}`, group });
    const some: ScoredPair[] = Array.from({ length: 60 }, (_, i) => [
      { a: side('x', i), b: side('x', (i + 1) % 60), same: false, score: 10 },
      { a: side('x', i), b: side('y', i), same: false, score: 90 },
    ]).flat();
    const { groups: measured, pooled } = reportOf(some).measurement;
    expect(measured[0]?.falseMatchWithin).toMatchObject({ comparisons: 60, errors: 0 });
    expect(measured[0]?.falseMatchWithAnyone).toMatchObject({ comparisons: 120, errors: 60 });
    expect(pooled.falseMatchAcross).toMatchObject({ comparisons: 60, errors: 60 });
  });
});

describe('the page', () => {
  const page = biasReportPage(
    signBiasReport(
      signer,
      reportOf([...pairs, ...syntheticPairs([{ ...groups[0]!, name: '<script>alert(1)</script>' }], seededRandom(3))]),
      origin,
    ),
  );

  it('needs nothing else: no script, no address, no picture from elsewhere', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it('writes a group name as text', () => {
    expect(page).toContain('&lt;script&gt;alert(1)');
  });

  it('gives every plot a text and every table a caption and scopes', () => {
    const plots = page.match(/<svg /g)?.length ?? 0;
    const told = page.match(/<svg [^>]*(aria-label="[^"]+"|aria-hidden="true")/g)?.length ?? 0;
    expect(plots).toBeGreaterThan(8);
    expect(told).toBe(plots);
    expect(page.match(/<caption>/g)?.length).toBe(page.match(/<table>/g)?.length);
    expect(page).not.toMatch(/<th(?! scope|ead)/);
  });

  it('shows the digest of the signed JSON, of the files, of policy and models', () => {
    const mine = biasReportPage(signed);
    for (const digest of [reportText(signed).sha256, 'a'.repeat(64), 'd'.repeat(64), 'e'.repeat(64)]) {
      expect(mine).toContain(digest);
    }
  });

  it('draws no number that is none', () => {
    expect(page).not.toMatch(/NaN|Infinity|undefined|null/);
  });
});
