import { readTellingMatches } from '../telling-matches.ts';

const ways = readTellingMatches();

/** True for the operations that search or compare: their answers say who looks alike. */
export function tellsMatches(operation: string): boolean {
  const way = ways.get(operation);
  return way === 'withheld' || way === 'refused';
}
