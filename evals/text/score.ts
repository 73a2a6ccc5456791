/** How words that were read compare with those that stand there. */
export interface WordScore {
  /** Words that stand there. */
  readonly true: number;
  readonly read: number;
  readonly right: number;
  /** True words that were not read, and read words that do not stand there, in their order. */
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/** Compares words exactly, capitals and punctuation included, whatever their order; each counts as often as it stands there. */
export function scoreWords(truth: readonly string[], read: readonly string[]): WordScore {
  const left = read.map(sameForm);
  const missed = truth.filter((word) => {
    const place = left.indexOf(sameForm(word));
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
  return { true: truth.length, read: read.length, right: truth.length - missed.length, missed, wrong: left };
}

/** Adds up scores of several pictures. */
export function addScores(scores: readonly WordScore[]): WordScore {
  const sum = (of: (score: WordScore) => number): number => scores.reduce((total, score) => total + of(score), 0);
  return {
    true: sum((score) => score.true),
    read: sum((score) => score.read),
    right: sum((score) => score.right),
    missed: scores.flatMap(({ missed }) => missed),
    wrong: scores.flatMap(({ wrong }) => wrong),
  };
}

/** Full width or not, one sign or two for the same: nobody who looks sees the difference. */
function sameForm(text: string): string {
  return text.replaceAll('º', '°').normalize('NFKC');
}
