import { readData } from '../shared/package-root.ts';

/** How an operation whose answer says who looks alike keeps to review. */
export type WayOfWithholding = 'withheld' | 'by-name' | 'pending' | 'refused';

/**
 * Every operation that tells matches, from data/telling-matches.json; a test holds it against what operations are given.
 *
 * @throws {Error} when the table names a way that does not exist
 */
export function readTellingMatches(): ReadonlyMap<string, WayOfWithholding> {
  const { operations } = readData<{ readonly operations: Readonly<Record<string, string>> }>('telling-matches.json');
  return new Map(Object.entries(operations).map(([name, way]) => [name, wayOf(way)]));
}

function wayOf(way: string): WayOfWithholding {
  switch (way) {
    case 'withheld':
    case 'by-name':
    case 'pending':
    case 'refused':
      return way;
    default:
      throw new Error(`data/telling-matches.json: '${way}' is no way of withholding`);
  }
}
