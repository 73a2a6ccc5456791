import { type Command, InvalidArgumentError } from 'commander';
import { runSimilar } from '../commands/similar.ts';
import type { Run } from './run.ts';

/** Adds the command that finds photos by what they look like. */
export function addSimilarCommands(program: Command, run: Run): void {
  program
    .command('similar')
    .description('find the photos of a folder that look like another one, or that show a label')
    .argument('<folder>')
    .option('--like <photo>', 'find what looks like this photo; whose face it shows plays no part')
    .option('--concept <label>', 'find what shows this label, such as Dog (likeness models labels lists them)')
    .option('--min <0..100>', 'leave out what is less similar', similarity)
    .option('--max <number>', 'tell at most this many (default 20)', count)
    .option('--concurrency <number>', 'photos at a time (default: the number of workers)', count)
    .option('--draw <file>', 'write a contact sheet of the best')
    .action(run(runSimilar));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function similarity(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError('It must be a number from 0 to 100.');
  return value;
}
