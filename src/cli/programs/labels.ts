import { type Command, InvalidArgumentError } from 'commander';
import { runDetectLabels } from '../commands/detect-labels.ts';
import type { Run } from './run.ts';

/** Adds `likeness detect-labels`. */
export function addLabelCommands(program: Command, run: Run): void {
  program
    .command('detect-labels')
    .description('say what an image shows; read docs/labels.md')
    .argument('<image>')
    .option('--min-confidence <0..100>', 'least confidence (default 55)', confidence)
    .option('--max <number>', 'at most this many labels (default 1000)', whole)
    .option('--include <labels>', 'only these labels, comma-separated, by their exact names')
    .option('--exclude <labels>', 'leave these labels out')
    .option('--include-categories <categories>', 'only labels of these categories')
    .option('--exclude-categories <categories>', 'leave labels of these categories out')
    .option('--properties', 'tell colours and quality of the image, its foreground and its background too')
    .option('--max-colors <0..20>', 'at most this many colours of each part (default 10)', whole)
    .option('--draw <file>', 'write a copy of the image with the objects drawn on it')
    .action(run(runDetectLabels));
}

function confidence(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('It must be a number from 0 to 100.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
