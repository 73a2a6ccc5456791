import { type Command, Option } from 'commander';
import { runPullModels } from '../commands/models.ts';
import type { Run } from './run.ts';

/** Adds `likeness models pull`. */
export function addPullCommand(models: Command, run: Run): void {
  models
    .command('pull')
    .description('fetch the models that are missing, or install optional packs')
    .argument('[ids...]', 'models or packs; every model, and no pack, when left out')
    .option('--accept-licence', 'accept the licences of the packs, which are shown, without being asked')
    .addOption(new Option('--accept-license').hideHelp())
    .option('--from <path>', 'take the files of one pack from this file or folder, and fetch nothing')
    .option('--mirror <url>', 'fetch packs from <url>/<pack>/<file> instead of their official home')
    .option(
      '--sha256 <file=digest>',
      'vouch for a file of which this release knows no digest; once for each such file',
      (value: string, given: readonly string[] = []) => [...given, value],
    )
    .option('--licence <name>', 'the licence of a model that you bring')
    .option('--commercial-use', 'that licence allows commercial use')
    .addHelpText(
      'after',
      `
HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured. A pull that was stopped goes on where it was.
What the packs are, and how to bring a model of your own: docs/models.md`,
    )
    .action(run(runPullModels));
}
