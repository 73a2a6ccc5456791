import type { Command } from 'commander';
import { purposeNames } from '../../shared/purpose-names.ts';
import {
  runGrantConsent,
  runLiftObjection,
  runListConsents,
  runObject,
  runShowConsent,
  runWithdrawConsent,
} from '../commands/consent.ts';
import { runImportConsents } from '../commands/import-consents.ts';
import type { Run } from './run.ts';

/** Adds `likeness consent`. */
export function addConsentCommands(program: Command, run: Run): void {
  const consent = program
    .command('consent')
    .description('record, show and withdraw consent; read docs/accountability.md#consent');
  const purpose = `one of ${purposeNames.join(', ')}`;

  consent
    .command('grant')
    .description('record a consent; writes the signed receipt and its token into a file of your own')
    .argument('<subject>', 'the ExternalImageId or UserId')
    .requiredOption('--purpose <name>', purpose)
    .requiredOption('--method <name>', 'signed-form, in-app, verbal-recorded, guardian-form or legal-basis')
    .option('--notice <file>', 'the text that the person was shown')
    .option('--notice-url <url>', 'or where it can be read, with its hash')
    .option('--notice-sha256 <hex>', 'the hash of what can be read there')
    .option('--language <tag>', "the notice's language (default en)")
    .option('--granted <time>', 'a day, or a time with its zone (default now)')
    .option('--expires <time>', 'a day, or a time with its zone (default as late as the purpose allows)')
    .option('--minor', 'the subject is a minor')
    .option('--guardian <name>', "who consents in the subject's place")
    .option('--relation <word>', "the guardian's relation to the subject")
    .option('--legal-basis <text>', 'the law or order, for the method legal-basis')
    .option('--evidence <text>', 'where the form or recording is kept')
    .option('--controller <name>', 'who answers for the processing (default: the setting controller)')
    .option('--out <file>', 'where to write receipt and token (default <data folder>/receipts/<id>.json)')
    .option('--print-token', 'print the token too')
    .action(run(runGrantConsent));
  consent
    .command('withdraw')
    .description('end a consent and erase what is held of its subject, before it answers')
    .argument('[receipt-id]')
    .option('--subject <name>', 'instead of a receipt: the subject')
    .option('--purpose <name>', `and ${purpose}`)
    .action(run(runWithdrawConsent));
  consent
    .command('show')
    .description('print a receipt and its state')
    .argument('<receipt-id>')
    .option('--out <file>', 'write it as JSON into a file of your own')
    .action(run(runShowConsent));
  consent
    .command('list')
    .description('list receipts')
    .option('--subject <name>', 'of this subject; the ended ones name none')
    .option('--purpose <name>', purpose)
    .option('--state <name>', 'active, expired, withdrawn or objected')
    .action(run(runListConsents));
  consent
    .command('import')
    .description('record the consents of a CSV file; run it again to go on after a stop')
    .argument('<file>', 'columns: subject,purpose,method,granted,expires,notice,guardian,relation,minor')
    .option('--tokens <file>', 'where to add the tokens (default <data folder>/receipts/<file>-tokens.csv)')
    .action(run(runImportConsents));
  consent
    .command('object')
    .description('record that the subject itself objects; outweighs every consent given for it')
    .argument('<subject>')
    .requiredOption('--purpose <name>', purpose)
    .requiredOption('--method <name>', 'how it said so: signed-form, in-app or verbal-recorded')
    .option('--evidence <text>', 'where that is kept; without names')
    .action(run(runObject));
  consent
    .command('lift-objection')
    .description('record that the subject itself took its objection back')
    .argument('<subject>')
    .requiredOption('--purpose <name>', purpose)
    .requiredOption('--method <name>', 'how it said so: signed-form, in-app or verbal-recorded')
    .option('--evidence <text>', 'where that is kept; without names')
    .action(run(runLiftObjection));
}
