import { InvalidArgumentError } from 'commander';

/** Reads an option's value: a whole number from 1 on. */
export function atLeastOne(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('it must be a whole number from 1 on');
  return number;
}

/** Reads an option's value: a number above 0. */
export function aboveZero(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('it must be a number above 0');
  return number;
}
