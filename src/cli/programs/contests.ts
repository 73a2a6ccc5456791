import type { Command } from 'commander';
import { runAnswerContest, runListContests } from '../commands/contests.ts';
import type { Run } from './run.ts';

/** Adds `likeness contests`. */
export function addContestCommands(program: Command, run: Run): void {
  const contests = program
    .command('contests')
    .description('answer what persons say is wrong; read docs/accountability.md#subject-access');
  contests
    .command('list')
    .description('list those that wait for an answer')
    .option('--all', 'list the answered ones too')
    .action(run(runListContests));
  contests
    .command('answer')
    .description('answer one; the person reads it on their page')
    .argument('<contest-id>')
    .argument('<answer>')
    .action(run(runAnswerContest));
}
