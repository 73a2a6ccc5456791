import type { Command } from 'commander';
import { runExportCollection, runMakeTransferKey, runVerifyExport } from '../commands/export-collection.ts';
import { runImportCollection } from '../commands/import-collection.ts';
import type { Run } from './run.ts';

const passphraseFile = ['--passphrase-file <file>', 'the passphrase is its first line'] as const;

/** Adds `likeness collections export`, `import`, `verify-export` and `make-key`. */
export function addTransferCommands(collections: Command, run: Run): void {
  collections
    .command('export')
    .description('write a collection with its templates to an encrypted file; takes two persons; run it again to go on')
    .argument('<collection>')
    .argument('<file>')
    .option('--recipient <file>', 'encrypt for this X25519 public key instead of a passphrase')
    .option(...passphraseFile)
    .addHelpText(
      'after',
      `
The passphrase is asked for, or read from --passphrase-file or LIKENESS_EXPORT_PASSPHRASE; it never leaves this command.
The server encrypts what it sends, so that no template is readable on the way. Read docs/collection-export.md.`,
    )
    .action(run(runExportCollection));
  collections
    .command('import')
    .description('import an exported collection, with its purpose, consents and face model; run it again to go on')
    .argument('<file>')
    .option('--as <collection>', 'into this collection (default: the name it had)')
    .option('--identity <file>', 'the X25519 private key that it is encrypted for')
    .option(...passphraseFile)
    .option('--tokens <file>', "where the persons' new tokens are kept (default: receipts/ in the data folder)")
    .addHelpText(
      'after',
      `
Who was erased, deleted or withdrew here is not brought back; what was left out is told with the reason.
Read docs/collection-export.md.`,
    )
    .action(run(runImportCollection));
  collections
    .command('verify-export')
    .description('say whether an exported file is whole and as the server wrote it; needs no passphrase')
    .argument('<file>')
    .option('--public-key <file>', 'the PEM of the key that must have signed it')
    .action(run(runVerifyExport));
  collections
    .command('make-key')
    .description('make a pair of keys to receive collections with, instead of a passphrase')
    .argument('<file>')
    .action(run(runMakeTransferKey));
}
