import { Command, InvalidArgumentError, Option } from 'commander';
import { runExportAudit, runShowAudit, runVerifyAudit } from './commands/audit.ts';
import {
  runCreateCollection,
  runDeleteCollection,
  runDescribeCollection,
  runListCollections,
} from './commands/collections.ts';
import { runCompare } from './commands/compare.ts';
import { runConfig } from './commands/config.ts';
import { runDetectEquipment } from './commands/detect-equipment.ts';
import { runDetectFaces } from './commands/detect-faces.ts';
import { runDetectModeration } from './commands/detect-moderation.ts';
import { runDetectText } from './commands/detect-text.ts';
import { runIndex } from './commands/index-folder.ts';
import { runListLabels } from './commands/list-labels.ts';
import { runCalibration, runListModels, runVerifyModels } from './commands/models.ts';
import { runRemovePacks } from './commands/packs.ts';
import { runReembed } from './commands/reembed.ts';
import { runSearch } from './commands/search.ts';
import { runServe } from './commands/serve.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { Terminal } from './output.ts';
import { addBackupCommands } from './programs/backup.ts';
import { addCelebrityCommands } from './programs/celebrities.ts';
import { addConsentCommands } from './programs/consent.ts';
import { addContestCommands } from './programs/contests.ts';
import { addEncryptionCommands } from './programs/encryption.ts';
import { addEvaluateCommands } from './programs/evaluate.ts';
import { addLabelCommands } from './programs/labels.ts';
import { addMigrateCommands } from './programs/migrate.ts';
import { addPeopleCommands } from './programs/people.ts';
import { addPullCommand } from './programs/pull.ts';
import { addReportCommands } from './programs/reports.ts';
import { addRetentionCommands } from './programs/retention.ts';
import { addReviewCommands } from './programs/review.ts';
import { addSimilarCommands } from './programs/similar.ts';
import { addTransferCommands } from './programs/transfer.ts';

/**
 * Builds the command line.
 *
 * @param done told the exit code of the command that ran
 */
export function createProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('likeness')
    .description('Self-hosted image analysis that speaks the Amazon Rekognition API.')
    .addOption(new Option('--data-dir <folder>', 'where collections, keys and the audit log are (default .likeness)'))
    .addOption(new Option('--config <file>', 'configuration file (default likeness.toml)'))
    .addOption(new Option('--endpoint <url>', 'use the server at this address'))
    .addOption(new Option('--credentials <file>', 'act with the access key in this AWS credentials file'))
    .addOption(new Option('--json', 'print JSON for programs'))
    .addHelpText(
      'after',
      `${exitCodesHelp}

Commands on faces use the server of this configuration when it runs, and work inside their own process when not.
Every setting: likeness config`,
    )
    .showHelpAfterError();

  /** Runs a command with its own and the global options together; a number it answers is the exit code. */
  const run =
    <Args extends unknown[]>(action: (...args: [...Args, never, Terminal]) => unknown) =>
    async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const args = given.slice(0, -2) as Args;
      const exitCode = await action(...args, command.optsWithGlobals() as never, terminal);
      done(typeof exitCode === 'number' ? exitCode : 0);
    };

  program
    .command('serve')
    .description('serve the API; fetches the models at the first start')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default 4480)')
    .action(run(runServe));

  program
    .command('detect-faces')
    .description('find the faces in an image')
    .argument('<image>')
    .option('--all', 'tell every attribute')
    .option('--draw <file>', 'write a copy of the image with the faces drawn on it')
    .action(run(runDetectFaces));

  program
    .command('detect-moderation')
    .description('say whether an image shows sexual content; what else it cannot tell: docs/moderation.md')
    .argument('<image>')
    .option('--min-confidence <0..100>', 'least confidence (default 50)', similarity)
    .option('--draw <file>', 'write a copy of the image with the labels written on it')
    .action(run(runDetectModeration));

  program
    .command('detect-text')
    .description('read the text in an image, up to 100 words')
    .argument('<image>')
    .option('--min-confidence <0..100>', 'leave out words less sure than this (default 80)', similarity)
    .option('--draw <file>', 'write a copy of the image with lines and words drawn on it')
    .action(run(runDetectText));

  program
    .command('detect-equipment')
    .description('find persons and their protective equipment; needs the pack equipment: docs/equipment.md')
    .argument('<image>')
    .option('--required <types>', 'sum up who wears all of these: FACE_COVER,HAND_COVER,HEAD_COVER', equipmentTypes)
    .option('--min-confidence <50..100>', 'with --required: least confidence of the summary (default 80)', atLeastHalf)
    .option('--draw <file>', 'write a copy of the image with persons and equipment drawn on it')
    .action(run(runDetectEquipment));

  program
    .command('compare')
    .description('compare the largest face of one image with the faces of another')
    .argument('<source>')
    .argument('<target>')
    .option('--threshold <0..100>', 'least similarity (default 80)', similarity)
    .option('--draw <file>', 'write a copy of the target with matches and other faces drawn on it')
    .action(run(runCompare));

  addLabelCommands(program, run);

  const collections = program.command('collections').description('make, list and delete collections of faces');
  collections.command('list').description('list collections with their counts').action(run(runListCollections));
  collections
    .command('create')
    .description('make a collection, bound to its purpose for ever')
    .argument('<id>')
    .option('--purpose <name>', 'what it is for (default: the configured default purpose)')
    .action(run(runCreateCollection));
  collections
    .command('describe')
    .description('tell about one collection')
    .argument('<id>')
    .action(run(runDescribeCollection));
  collections
    .command('delete')
    .description('delete a collection with its faces and users')
    .argument('<id>')
    .action(run(runDeleteCollection));
  collections
    .command('reembed')
    .description('move a collection to another face model, from the images that were kept; run it again to go on')
    .argument('<collection>')
    .option('--to <version>', 'the face model: likeness models calibration lists those there are')
    .option('--images <folder>', 'where the images are; each is known again by its bytes')
    .option('--bucket <name>', 'the bucket they are in, instead of a folder')
    .option('--concurrency <number>', 'images at a time (default: the number of workers)', count)
    .option('--drop-missing', 'delete the faces that could not be embedded, and switch without them')
    .option('--yes', 'do not ask before faces are deleted')
    .option('--cancel', 'give up a move that was begun')
    .addHelpText(
      'after',
      `
FaceIds, ExternalImageIds, users, tags, consents, cannot-links and minors' marks stay. Searches go on with the model
that the collection has until all faces are switched at one moment. Read docs/face-models.md.`,
    )
    .action(run(runReembed));
  addTransferCommands(collections, run);

  program
    .command('index')
    .description('index every image of a folder or bucket; run it again to go on after a stop')
    .argument('<collection>')
    .argument('<folder>', 'or s3://bucket/prefix, which the server reads itself')
    .option('--max-faces <number>', 'index at most this many faces of an image', count)
    .option('--quality-filter <name>', 'NONE, AUTO, LOW, MEDIUM or HIGH (default AUTO)')
    .option('--concurrency <number>', 'images at a time (default: the number of workers and one more)', count)
    .option('--again', 'index also what an earlier run finished')
    .action(run(runIndex));

  addMigrateCommands(program, run);

  program
    .command('search')
    .description('find the faces of a collection that look like the largest face of an image')
    .argument('<collection>')
    .argument('<image>')
    .option('--threshold <0..100>', 'least similarity (default 80)', similarity)
    .option('--max <number>', 'at most this many matches', count)
    .option('--users', 'find users instead of faces')
    .action(run(runSearch));

  program.command('config').description('print every setting and where it comes from').action(run(runConfig));

  addCelebrityCommands(program, run);
  addPeopleCommands(program, run);
  addConsentCommands(program, run);

  const models = program.command('models').description('list, fetch and verify the models and optional packs');
  models
    .command('list')
    .description('list models and optional packs with state and licence')
    .action(run(runListModels));
  addPullCommand(models, run);
  models.command('remove').description('remove optional packs').argument('<packs...>').action(run(runRemovePacks));
  models.command('verify').description('check every digest').argument('[ids...]').action(run(runVerifyModels));
  models
    .command('calibration')
    .description('what a similarity means, and for whom it was not measured')
    .argument('[face-model-version]')
    .action(run(runCalibration));
  models
    .command('labels')
    .description('list the labels that the installed models can return')
    .action(run(runListLabels));

  const audit = program.command('audit').description('read and verify the audit log; works beside a running server');
  audit
    .command('show')
    .description('print records, the latest by default')
    .option('--after <sequence>', 'begin after this record', count)
    .option('--person <name>', 'only what this person called')
    .option('--operation <name>', 'only calls of this operation')
    .option('--since <when>', 'only from then on: a date, or a duration such as 45m, 12h or 7d')
    .option('--limit <number>', 'at most this many (default 50)', count)
    .action(run(runShowAudit));
  audit
    .command('export')
    .description('write the log to a file that anyone can verify with bin/likeness-verify.mjs and the public key')
    .argument('<file>')
    .action(run(runExportAudit));
  audit
    .command('verify')
    .description('follow the whole chain, and hold it against its checkpoints and the anchor file')
    .option('--expect <sequence:hash>', 'a head noted elsewhere that must be in the chain')
    .action(run(runVerifyAudit));

  addContestCommands(program, run);
  addEncryptionCommands(program, run);
  addEvaluateCommands(program, run);
  addReportCommands(program, run);
  addReviewCommands(program, run);
  addRetentionCommands(program, run);
  addBackupCommands(program, run);
  addSimilarCommands(program, run);
  return program;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function similarity(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError('It must be a number from 0 to 100.');
  return value;
}

function equipmentTypes(text: string): string[] {
  const known = ['FACE_COVER', 'HAND_COVER', 'HEAD_COVER'];
  const types = text.split(',').map((type) => type.trim().toUpperCase());
  if (types.some((type) => !known.includes(type)))
    throw new InvalidArgumentError(`It must be some of ${known.join(', ')}, with commas between.`);
  return types;
}

function atLeastHalf(text: string): number {
  const value = Number(text);
  if (!(value >= 50 && value <= 100)) throw new InvalidArgumentError('It must be a number from 50 to 100.');
  return value;
}
