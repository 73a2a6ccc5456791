import type { Command } from 'commander';
import { runBackup, runRestore } from '../commands/backup.ts';
import type { Run } from './run.ts';

/** Adds `likeness backup` and `likeness restore`. */
export function addBackupCommands(program: Command, run: Run): void {
  program
    .command('backup')
    .description('make an encrypted backup while the server runs, and check it')
    .argument('[file]', 'copy it there too')
    .option('--list', 'list the backups instead')
    .action(run(runBackup));
  program
    .command('restore')
    .description("restore a backup over a stopped server's data folder; needs the master key and the trust folder")
    .argument('<file>')
    .action(run(runRestore));
}
