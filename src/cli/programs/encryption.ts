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
    .action(run(runRotateMasterKey));
}
