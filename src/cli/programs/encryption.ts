import type { Command } from 'commander';
import { runEncryptionStatus, runRotateMasterKey } from '../commands/encryption.ts';
import type { Run } from './run.ts';

/** Adds `likeness encryption`. */
export function addEncryptionCommands(program: Command, run: Run): void {
  const encryption = program
    .command('encryption')
    .description('look after the master key; read docs/accountability.md#encryption');
  encryption
    .command('status')
    .description('which master key is in use, by its id, and where it comes from')
    .action(run(runEncryptionStatus));
  encryption
    .command('rotate-master-key')
    .description('wrap every key of the server under a new master key, while it serves')
    .addHelpText(
      'after',
      `
A master key that is kept in a file is made anew and the old one is gone: copy it first where backups made with it
shall still open. With LIKENESS_MASTER_KEY_COMMAND, let the command print the new key, then run this. With
LIKENESS_MASTER_KEY, start the server with the new key there and the old one in LIKENESS_MASTER_KEY_PREVIOUS instead.`,
    )
    .action(run(runRotateMasterKey));
}
