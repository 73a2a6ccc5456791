import { type Command, InvalidArgumentError } from 'commander';
import { runEvaluateBias } from '../commands/evaluate.ts';
import { runVerifyReport } from '../commands/verify-report.ts';
import type { Run } from './run.ts';

/** Adds `likeness evaluate`. */
export function addEvaluateCommands(program: Command, run: Run): void {
  const evaluate = program.command('evaluate').description('measure accuracy on your own labelled data');
  evaluate
    .command('bias')
    .description('error rates by group on labelled pairs, as signed JSON and a page; see docs/bias-report.md')
    .option('--pairs <file>', 'CSV: image_a,image_b,same and where known person_a,person_b; paths from this file on')
    .option('--groups <file>', 'CSV: image,group and where known person; groups as people say or curators know')
    .option('--scores <file>', 'instead: CSV of scores: group_a,group_b,person_a,person_b,same,score')
    .option('--threshold <number>', 'one threshold for all groups (default 80, or the floor of --purpose)', decimal)
    .option('--purpose <name>', 'the purpose whose similarity floor holds')
    .option('--out <name>', 'where to write NAME.json and NAME.html (default bias-report)')
    .option('--cache <file>', 'keep scores here, so that a run that was stopped goes on; holds digests, no names')
    .option('--seed <number>', 'for drawing people anew (default 19795)', whole)
    .option('--replicates <number>', 'how often people are drawn anew (default 1000)', whole)
    .option('--concurrency <number>', 'pairs at a time (default: the number of workers)', whole)
    .action(run(runEvaluateBias));
  evaluate
    .command('verify')
    .description('check the signature of a bias report; needs no server')
    .argument('<report>', 'the signed JSON')
    .requiredOption('--public-key <file>', "the server's public key (PEM), from a place you trust")
    .option('--page <file>', 'check as well that this page shows the report')
    .action(run(runVerifyReport));
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}
