import type { Agreement, Decision, KeptCandidate, ReviewMeasure, Verdict } from './case.ts';

/** A candidate with what both found. */
export interface Judged {
  readonly candidate: KeptCandidate;
  readonly verdicts: readonly [Verdict, Verdict];
  readonly agreed: Agreement;
  /** Both said different, and that they are never to be matched again. */
  readonly neverAgain: boolean;
}

/**
 * Puts two reviews together. A match is released only where both said `same`; anything else is no match.
 * Both must have judged every candidate.
 */
export function agree(
  candidates: readonly KeptCandidate[],
  one: readonly Decision[],
  other: readonly Decision[],
): readonly Judged[] {
  return candidates.map((candidate) => {
    const first = decisionOn(candidate, one);
    const second = decisionOn(candidate, other);
    const alike = first.verdict === second.verdict && first.verdict !== 'cannot-tell';
    const agreed: Agreement = alike ? (first.verdict as 'same' | 'different') : 'none';
    return {
      candidate,
      verdicts: [first.verdict, second.verdict],
      agreed,
      neverAgain: agreed === 'different' && first.notThisPerson === true && second.notThisPerson === true,
    };
  });
}

/** Measures one review by itself: how it did on seeded non-matches. */
export function measureSeeds(
  candidates: readonly KeptCandidate[],
  decisions: readonly Decision[],
): Pick<ReviewMeasure, 'seedsSeen' | 'seedsAccepted'> {
  const seeds = candidates.filter((candidate) => candidate.seed);
  const accepted = seeds.filter((seed) => decisionOn(seed, decisions).verdict === 'same');
  return { seedsSeen: seeds.length, seedsAccepted: accepted.length };
}

/** Measures how often two reviewers found alike; seeds do not count. */
export function measureAgreement(judged: readonly Judged[]): Pick<ReviewMeasure, 'compared' | 'agreed'> {
  const real = judged.filter(({ candidate }) => !candidate.seed);
  return {
    compared: real.length,
    agreed: real.filter(({ verdicts }) => verdicts[0] === verdicts[1]).length,
  };
}

function decisionOn(candidate: KeptCandidate, decisions: readonly Decision[]): Decision {
  const decision = decisions.find(({ candidateId }) => candidateId === candidate.candidateId);
  if (decision === undefined) throw new Error('a review lacks a candidate of its case');
  return decision;
}
