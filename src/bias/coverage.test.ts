import { beforeAll, describe, expect, it } from 'vitest';
import { type Coverage, coverageOf, type Held, measureSynthetic } from '../../tests/builders/bias-coverage.ts';

const experiments = 150;
/** Two groups of unlike size; a person's part of their own makes their comparisons go wrong together. */
const even = [
  { name: 'one', people: 80, falseMatchRate: 0.03, falseNonMatchRate: 0.12, genuinePairs: 5, impostorPairs: 20 },
  { name: 'two', people: 60, falseMatchRate: 0.03, falseNonMatchRate: 0.12, genuinePairs: 5, impostorPairs: 20 },
];

/** 95 % less three standard errors of a binomial share of so many trials. */
function leastOf95({ of }: Held): number {
  return 0.95 - 3 * Math.sqrt((0.95 * 0.05) / of);
}

const share = ({ times, of }: Held) => times / of;

describe('over 150 experiments with known truth', () => {
  let coverage: Coverage;
  beforeAll(() => {
    coverage = coverageOf(even, experiments);
  });

  it.each(['falseMatch', 'falseNonMatch', 'ratio', 'worst'] as const)(
    'the interval of %s covers the truth as often as it claims',
    (what) => {
      expect(coverage[what].of).toBeGreaterThanOrEqual(2 * experiments);
      expect(share(coverage[what])).toBeGreaterThanOrEqual(leastOf95(coverage[what]));
    },
  );

  it('intervals of rates are not so wide that they always cover', () => {
    expect(share(coverage.falseNonMatch)).toBeLessThan(0.99);
    expect(share(coverage.falseMatch)).toBeLessThan(0.995);
  });

  it('groups that do not differ are called different in at most one experiment of twenty', () => {
    expect(share(coverage.noFalseAlarm)).toBeGreaterThanOrEqual(leastOf95(coverage.noFalseAlarm));
  });

  it('intervals that take comparisons for independent fail, so that this experiment can tell', () => {
    expect(share(coverage.independent)).toBeLessThan(0.85);
  });
});

it('bounds hold where errors are too few for a rate', () => {
  const rare = { falseMatchRate: 0.002, falseNonMatchRate: 0.01, genuinePairs: 3, impostorPairs: 12 };
  const { falseMatch, falseNonMatch } = coverageOf([{ name: 'rare', people: 60, ...rare }], 150);
  expect(share(falseMatch)).toBeGreaterThanOrEqual(leastOf95(falseMatch));
  expect(share(falseNonMatch)).toBeGreaterThanOrEqual(leastOf95(falseNonMatch));
});

describe('a planted differential', () => {
  const planted = [
    { name: 'worse', people: 150, falseMatchRate: 0.06, falseNonMatchRate: 0.1, impostorPairs: 40, ownSpread: 0.5 },
    { name: 'better', people: 150, falseMatchRate: 0.01, falseNonMatchRate: 0.1, impostorPairs: 40, ownSpread: 0.5 },
  ];

  it('is found, on the right side and in the right kind of error, in nearly every sample', () => {
    const found = Array.from({ length: 20 }, (_, seed) => {
      const { differentials } = measureSynthetic(planted, { seed });
      const verdicts = (kind: string) =>
        differentials.find((each) => each.kind === kind)?.groups.map(({ verdict }) => verdict);
      return { matches: verdicts('false-match'), nonMatches: verdicts('false-non-match') };
    });
    const right = found.filter(({ matches }) => matches?.[0] === 'lower' && matches[1] === 'higher');
    const clean = found.filter(({ nonMatches }) => nonMatches?.every((verdict) => verdict === 'not shown'));
    expect(right.length).toBeGreaterThanOrEqual(19);
    expect(clean.length).toBeGreaterThanOrEqual(18);
  });

  it('is not hidden by a rate too low to be printed', () => {
    const extreme = planted.map((group) => (group.name === 'better' ? { ...group, falseMatchRate: 1e-6 } : group));
    const { groups, differentials } = measureSynthetic(extreme, { seed: 3 });
    const [better, worse] = groups;
    expect([better?.falseMatchWithin.status, worse?.falseMatchWithin.status]).toEqual(['bounded', 'measured']);
    const matches = differentials.find(({ kind }) => kind === 'false-match');
    expect(matches?.groups.map(({ verdict }) => verdict)).toEqual(['lower', 'higher']);
    expect(matches?.worst?.ratio).toBeUndefined();
    expect(matches?.worst?.interval.lower).toBeGreaterThan(1);
  });
});
