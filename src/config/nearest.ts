/**
 * The candidate that someone meant: the shortest that only has more words than the name, else the one that needs the
 * fewest edits to become it, when those are few enough to be a slip.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const words = name.toLowerCase().split('_');
  const longer = candidates
    .filter((candidate) => holdsInOrder(candidate.toLowerCase().split('_'), words))
    .sort((a, b) => a.length - b.length)[0];
  if (longer !== undefined && words.length > 2) return longer;
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, name.length / 3) ? best.candidate : undefined;
}

function holdsInOrder(words: readonly string[], wanted: readonly string[]): boolean {
  let next = 0;
  for (const word of words) if (word === wanted[next]) next++;
  return next === wanted.length;
}

/** Levenshtein's: insertions, deletions and replacements of one character. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
