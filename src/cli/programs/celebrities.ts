import type { Command } from 'commander';
import {
  runAddCelebrityPhoto,
  runListCelebrities,
  runRecognizeCelebrities,
  runRemoveCelebrity,
  runShowCelebrity,
} from '../commands/celebrities.ts';
import { runAddOptOut, runListOptOuts, runRemoveOptOut } from '../commands/celebrity-opt-outs.ts';
import { runImportCelebrities } from '../commands/import-celebrities.ts';
import type { Run } from './run.ts';

/** Adds `likeness recognize-celebrities` and `likeness celebrities`. */
export function addCelebrityCommands(program: Command, run: Run): void {
  program
    .command('recognize-celebrities')
    .description('find the public figures of your gallery in an image')
    .argument('<image>')
    .option('--draw <file>', 'write a copy of the image with names and other faces drawn on it')
    .action(run(runRecognizeCelebrities));

  const celebrities = program
    .command('celebrities')
    .description('keep the gallery of public figures; read docs/celebrities.md');
  celebrities
    .command('import')
    .description(
      'take people into the gallery: a folder with a folder of photos for each (and a person.json or person.csv), or a CSV; run it again to go on after a stop',
    )
    .argument('<folder|csv>', 'columns of a CSV: name,wikidata,urls,gender,images')
    .option('--concurrency <number>', 'people at a time (default: the number of workers)', (text) => Number(text))
    .option('--again', 'look also at photos that an earlier run took')
    .action(run(runImportCelebrities));
  celebrities.command('list').description('list the people of the gallery').action(run(runListCelebrities));
  celebrities
    .command('show')
    .description('tell what is recorded of one')
    .argument('<id>')
    .action(run(runShowCelebrity));
  celebrities
    .command('add-photo')
    .description('take one photo of a person who is in the gallery')
    .argument('<id>')
    .argument('<image>')
    .option('--confirmed', 'you have looked: take it also where it is unlike their others, or like another person')
    .action(run(runAddCelebrityPhoto));
  celebrities
    .command('remove')
    .description('erase a person from the gallery, with photos and what is recorded')
    .argument('<id>')
    .action(run(runRemoveCelebrity));

  const optOut = celebrities.command('opt-out').description('keep the list of who does not want to be recognised');
  optOut
    .command('add')
    .description('erase a person from the gallery, tell them to nobody and never take them again')
    .option('--name <name>', 'as the gallery has it, or would')
    .option('--wikidata <id>', 'such as Q42')
    .option('--id <id>', 'as the gallery has it')
    .option('--reason <text>', 'such as where they asked')
    .action(run(runAddOptOut));
  optOut.command('list').description('list who is on it').action(run(runListOptOuts));
  optOut
    .command('remove')
    .description('take a person off the list, at their wish; brings nobody back into the gallery')
    .argument('<opt-out-id>')
    .requiredOption('--reason <text>', 'why')
    .action(run(runRemoveOptOut));
}
