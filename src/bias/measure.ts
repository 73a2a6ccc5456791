import { type Distribution, distributionOf, type Scale, type Sweep, sweepOf } from './curves.ts';
import { type Differentials, differentialsOf, type GroupEstimates, ratiosLookedAt } from './differentials.ts';
import { type Floors, figureOf, type RateFigure } from './figures.ts';
import { type ErrorKind, estimateRate, type RateEstimate, type RateSample } from './rate.ts';
import type { Sample, ScoredPair } from './scored-pairs.ts';

/** How pairs are measured. */
export interface ProtocolOptions {
  /** One for all groups; a score at or above it is a match. */
  readonly threshold: number;
  /** Such as 0.95. */
  readonly confidence: number;
  /** How often identities are drawn anew. */
  readonly replicates: number;
  readonly seed: number;
  readonly floors: Floors;
  /** The scores that curves and distributions span. */
  readonly scale: Scale;
}

/** What was measured of one group. */
export interface GroupMeasurement {
  readonly group: string;
  readonly people: number;
  /** Whether images were counted, or comparisons because the images are not known. */
  readonly enrolmentUnit: 'images' | 'comparisons';
  readonly failureToEnrol: RateFigure;
  readonly falseNonMatch: RateFigure;
  /** Impostors of the same group: what the group's own members risk among themselves. */
  readonly falseMatchWithin: RateFigure;
  /** Impostors from anywhere, with at least one of the two in the group. */
  readonly falseMatchWithAnyone: RateFigure;
  /** Absent for a group without enough people. */
  readonly genuineScores?: Distribution;
  readonly impostorScores?: Distribution;
  readonly sweep?: Sweep;
}

/** The whole measurement; no person and no image is in it. */
export interface BiasMeasurement {
  readonly groups: readonly GroupMeasurement[];
  readonly pooled: {
    readonly failureToEnrol: RateFigure;
    readonly falseNonMatch: RateFigure;
    /** Impostors of one group, all groups together. */
    readonly falseMatchWithin: RateFigure;
    /** Impostors of two groups: mostly easier, so they are never mixed into a group's rate. */
    readonly falseMatchAcross: RateFigure;
    readonly falseMatchAll: RateFigure;
  };
  readonly differentials: readonly Differentials[];
  /** How many ratios were looked at; the adjusted intervals allow for so many. */
  readonly ratiosLookedAt: number;
  readonly pairs: {
    readonly total: number;
    readonly genuine: number;
    readonly impostor: number;
    /** No score could be made. */
    readonly notCompared: number;
    /** An image has no group: in no figure. */
    readonly withoutGroup: number;
    /** One person's images in two groups: in no group's rate. */
    readonly genuineAcrossGroups: number;
  };
}

type Grouped = Sample & { readonly group: string };
interface GroupedPair extends ScoredPair {
  readonly a: Grouped;
  readonly b: Grouped;
}
interface Presentation {
  readonly person: string;
  readonly failed: boolean;
}

/**
 * Measures labelled pairs with scores, group by group, at one threshold.
 *
 * @source ISO/IEC 19795-10:2024, quantifying performance variation across demographic groups
 */
export function measureBias(pairs: readonly ScoredPair[], options: ProtocolOptions): BiasMeasurement {
  const numberOf = numbering();
  const grouped = pairs.filter((pair): pair is GroupedPair => pair.a.group !== undefined && pair.b.group !== undefined);
  const scored = grouped.filter(({ score }) => score !== undefined);
  const genuine = scored.filter(({ same }) => same);
  const impostors = scored.filter(({ same }) => !same);
  const inOneGroup = ({ a, b }: GroupedPair) => a.group === b.group;
  const genuineInOne = genuine.filter(inOneGroup);
  const within = impostors.filter(inOneGroup);
  const groups = [...new Set(grouped.flatMap(({ a, b }) => [a.group, b.group]))].sort();
  const enrolment = enrolmentOf(grouped);

  const estimate = (kind: ErrorKind, some: readonly GroupedPair[]) =>
    estimateRate(sampleOf(kind, some, numberOf), options);
  const enrolled = (some: readonly Presentation[]) =>
    estimateRate(enrolmentSample(some, numberOf), { ...options, threshold: 0.5 });
  const figure = (rate: RateEstimate) => figureOf(rate, options.confidence, options.floors);

  /** Each group's own estimate beside that of all others, which with two groups is the other's. */
  const beside = (ownOf: (group: string) => RateEstimate, othersOf: (group: string) => RateEstimate) => {
    const own = groups.map(ownOf);
    return groups.map((group, i): GroupEstimates => {
      const other = groups.length === 2 ? own[1 - i] : undefined;
      return { group, own: own[i] ?? ownOf(group), others: other ?? othersOf(group) };
    });
  };
  const parted = (kind: ErrorKind, some: readonly GroupedPair[]) => {
    const part = (isIn: (group: string) => boolean) =>
      estimate(
        kind,
        some.filter(({ a }) => isIn(a.group)),
      );
    return beside(
      (group) => part((each) => each === group),
      (group) => part((each) => each !== group),
    );
  };
  const matches = parted('false-match', within);
  const nonMatches = parted('false-non-match', genuineInOne);
  const enrolments = beside(
    (group) => enrolled(enrolment.of(group)),
    (group) => enrolled(groups.filter((other) => other !== group).flatMap((other) => enrolment.of(other))),
  );

  const kinds: readonly (readonly [ErrorKind, readonly GroupEstimates[]])[] = [
    ['false-match', matches],
    ['false-non-match', nonMatches],
    ['failure-to-enrol', enrolments],
  ];
  const looks = kinds.reduce((sum, [, some]) => sum + ratiosLookedAt(some, options.floors), 0);
  return {
    groups: groups.map((group, i): GroupMeasurement => {
      const own = { match: matches[i]?.own, nonMatch: nonMatches[i]?.own, enrolment: enrolments[i]?.own };
      const genuineScores = scoresOf(genuineInOne.filter(({ a }) => a.group === group));
      const impostorScores = scoresOf(within.filter(({ a }) => a.group === group));
      const shown = (rate: RateEstimate | undefined) => (rate?.people ?? 0) >= options.floors.minPeople;
      const anyone = impostors.filter(({ a, b }) => a.group === group || b.group === group);
      return {
        group,
        people: new Set(
          grouped.flatMap(({ a, b }) => [a, b].filter((side) => side.group === group)).map((side) => side.person),
        ).size,
        enrolmentUnit: enrolment.unit,
        failureToEnrol: figure(own.enrolment ?? enrolled([])),
        falseNonMatch: figure(own.nonMatch ?? estimate('false-non-match', [])),
        falseMatchWithin: figure(own.match ?? estimate('false-match', [])),
        falseMatchWithAnyone: figure(estimate('false-match', anyone)),
        ...(shown(own.nonMatch) && { genuineScores: distributionOf(genuineScores, options.scale) }),
        ...(shown(own.match) && { impostorScores: distributionOf(impostorScores, options.scale) }),
        ...(own.match &&
          own.nonMatch && {
            sweep: sweepOf(
              {
                falseMatch: shown(own.match)
                  ? { scores: impostorScores, designEffect: own.match.designEffect }
                  : undefined,
                falseNonMatch: shown(own.nonMatch)
                  ? { scores: genuineScores, designEffect: own.nonMatch.designEffect }
                  : undefined,
              },
              options.scale,
            ),
          }),
      };
    }),
    pooled: {
      failureToEnrol: figure(enrolled(groups.flatMap((group) => enrolment.of(group)))),
      falseNonMatch: figure(estimate('false-non-match', genuineInOne)),
      falseMatchWithin: figure(estimate('false-match', within)),
      falseMatchAcross: figure(
        estimate(
          'false-match',
          impostors.filter((pair) => !inOneGroup(pair)),
        ),
      ),
      falseMatchAll: figure(estimate('false-match', impostors)),
    },
    differentials: kinds.map(([kind, some]) => differentialsOf(kind, some, { ...options, looks })),
    ratiosLookedAt: looks,
    pairs: {
      total: pairs.length,
      genuine: pairs.filter(({ same }) => same).length,
      impostor: pairs.filter(({ same }) => !same).length,
      notCompared: pairs.filter(({ score }) => score === undefined).length,
      withoutGroup: pairs.length - grouped.length,
      genuineAcrossGroups: genuine.length - genuineInOne.length,
    },
  };
}

function scoresOf(pairs: readonly GroupedPair[]): Float64Array {
  return Float64Array.from(pairs, ({ score }) => score ?? 0);
}

function sampleOf(kind: ErrorKind, pairs: readonly GroupedPair[], numberOf: (person: string) => number): RateSample {
  return {
    kind,
    scores: scoresOf(pairs),
    first: Int32Array.from(pairs, ({ a }) => numberOf(a.person)),
    second: Int32Array.from(pairs, ({ b }) => numberOf(b.person)),
  };
}

function enrolmentSample(some: readonly Presentation[], numberOf: (person: string) => number): RateSample {
  const people = Int32Array.from(some, ({ person }) => numberOf(person));
  return {
    kind: 'failure-to-enrol',
    scores: Float64Array.from(some, ({ failed }) => (failed ? 0 : 1)),
    first: people,
    second: people,
  };
}

/** Every image once; or, where images are not known, every comparison within a group, which fails when either side does. */
function enrolmentOf(pairs: readonly GroupedPair[]) {
  const known = pairs.every(
    ({ a, b, score }) =>
      a.image !== undefined && b.image !== undefined && (score !== undefined || a.failed === true || b.failed === true),
  );
  const byGroup = new Map<string, Map<string, Presentation>>();
  const add = (group: string, key: string, presentation: Presentation) => {
    const some = byGroup.get(group) ?? new Map<string, Presentation>();
    byGroup.set(group, some.set(key, presentation));
  };
  pairs.forEach(({ a, b, score }, i) => {
    if (known) {
      for (const side of [a, b])
        add(side.group, side.image ?? '', { person: side.person, failed: side.failed === true });
    } else if (a.group === b.group) {
      add(a.group, `${i}`, { person: a.person, failed: score === undefined });
    }
  });
  return {
    unit: known ? ('images' as const) : ('comparisons' as const),
    of: (group: string): readonly Presentation[] => [...(byGroup.get(group)?.values() ?? [])],
  };
}

function numbering(): (person: string) => number {
  const numbers = new Map<string, number>();
  return (person) => {
    const known = numbers.get(person) ?? numbers.size;
    numbers.set(person, known);
    return known;
  };
}
