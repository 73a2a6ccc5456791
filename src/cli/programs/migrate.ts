import { type Command, InvalidArgumentError } from 'commander';
import { runMigrateAws } from '../commands/migrate-aws.ts';
import { runMigrateCompreFace } from '../commands/migrate-compreface.ts';
import { runMigrateFolder } from '../commands/migrate-folder.ts';
import type { Run } from './run.ts';

const help = `
Every photo goes through IndexFaces: consent, purpose and quality hold as for any other. Run the same command again to
go on after a stop. Read docs/migration.md.`;

/** Adds `likeness migrate`. */
export function addMigrateCommands(program: Command, run: Run): void {
  const migrate = program.command('migrate').description('bring people over from folders, CompreFace or AWS');
  const common = (command: Command): Command =>
    command
      .option('--purpose <name>', 'of the collection, where it is made (default: the configured default purpose)')
      .option('--concurrency <number>', 'images at a time (default: the number of workers and one more)', count)
      .addHelpText('after', help);
  common(
    migrate
      .command('from-folder')
      .description('a folder of folders, each named after a person and holding their photos')
      .argument('<folder>', 'or s3://bucket/prefix, which the server reads itself')
      .requiredOption('--into <collection>', 'the collection; made where there is none')
      .option('--users', 'make a user of each person, with their faces'),
  ).action(run(runMigrateFolder));
  common(
    migrate
      .command('from-compreface')
      .description('the face collection of a CompreFace recognition service, through its REST API')
      .argument('<url>', 'such as http://localhost:8000')
      .requiredOption('--into <collection>', 'the collection; made where there is none')
      .requiredOption('--api-key-file <file>', "the recognition service's API key is its first line")
      .option('--users', 'make a user of each subject, with their faces')
      .option('--table <file>', 'where it is written which image became which face'),
  ).action(run(runMigrateCompreFace));
  common(
    migrate
      .command('from-aws')
      .description("a collection of an AWS account, with the images that were kept; uses the AWS SDK's own credentials")
      .argument('<aws-collection>')
      .requiredOption('--images <folder>', 'where the images are: a folder, or s3://bucket/prefix of this server')
      .option(
        '--image-name <template>',
        'how an image is called there, with or without its ending',
        '{ExternalImageId}',
      )
      .option('--into <collection>', 'the collection; made where there is none (default: the same name)')
      .option('--aws-region <name>', "default: the AWS SDK's own")
      .option('--aws-endpoint <url>', 'another server that speaks the same API')
      .option('--table <file>', 'where it is written which FaceId became which'),
  ).action(run(runMigrateAws));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
