import type { Command } from 'commander';
import {
  runErase,
  runErasures,
  runListHolds,
  runOrphans,
  runPlaceHold,
  runReleaseHold,
  runRetentionStatus,
  runRetentionSweep,
} from '../commands/retention.ts';
import type { Run } from './run.ts';

/** Adds `likeness erase`, `erasures`, `retention`, `legal-hold` and `orphans`. */
export function addRetentionCommands(program: Command, run: Run): void {
  program
    .command('erase')
    .description('erase a subject from every collection, with a signed certificate')
    .argument('[subject]', 'an ExternalImageId or UserId')
    .option('--purpose <name>', 'under this purpose only')
    .option('--collection <id>', 'with --face, instead of a subject')
    .option('--face <id>', 'a face that bears no name')
    .option('--out <file>', 'write the certificate as JSON')
    .action(run(runErase));
  program
    .command('erasures')
    .description('list erasures, or show the certificate of one')
    .argument('[certificate-id]')
    .action(run(runErasures));

  const retention = program.command('retention').description('what runs out when');
  retention.command('status').description('tell what runs out when, by collection').action(run(runRetentionStatus));
  retention
    .command('sweep')
    .description('erase now what has run out; the server does so every hour')
    .option('--accept-clock', 'the clock is right, although it jumped')
    .action(run(runRetentionSweep));

  const holds = program.command('legal-hold').description('keep evidence from being erased; takes two persons');
  holds
    .command('place')
    .description('propose to keep a subject or a collection')
    .option('--subject <name>', 'an ExternalImageId or UserId')
    .option('--purpose <name>', 'of the subject, under this purpose only')
    .option('--collection <id>', 'everything in this collection')
    .requiredOption('--reason <text>', 'such as a file number')
    .action(run(runPlaceHold));
  holds
    .command('release')
    .description('propose to end a hold; what it suspended is erased then')
    .argument('<hold-id>')
    .action(run(runReleaseHold));
  holds.command('list').description('list holds').action(run(runListHolds));

  program
    .command('orphans')
    .description('look for anything that is left of someone who was erased')
    .action(run(runOrphans));
}
