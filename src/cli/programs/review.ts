import { type Command, InvalidArgumentError } from 'commander';
import { runListCannotLinks, runRemoveCannotLink, runSetCannotLink } from '../commands/cannot-links.ts';
import { runListMinors, runMarkMinor, runUnmarkMinor } from '../commands/minors.ts';
import { runListCases, runReviewStats, runShowCase, runShowOutcome, runSubmitReview } from '../commands/review.ts';
import type { Run } from './run.ts';

/** Adds `likeness review`, `likeness cannot-link` and `likeness minors`. */
export function addReviewCommands(program: Command, run: Run): void {
  const review = program
    .command('review')
    .description('judge withheld matches, or learn what came of them; read docs/accountability.md#review');
  review
    .command('list')
    .description('list the open cases that you may judge')
    .option('--after <case-id>', 'begin after this one')
    .option('--limit <number>', 'at most this many (default 50)', pageLength)
    .action(run(runListCases));
  review
    .command('show')
    .description('show a case to judge')
    .argument('<case-id>')
    .option('--out <folder>', 'write its pictures and a page to look at them into this folder')
    .action(run(runShowCase));
  review
    .command('submit')
    .description('judge every candidate of a case, once and for good; name candidates by rank or id')
    .argument('<case-id>')
    .option('--same <list>', 'candidates who are the person of the probe, such as 1,3')
    .option('--different <list>', 'candidates who are not')
    .option('--cannot-tell <list>', 'candidates of whom it cannot be told')
    .option('--not-this-person <list>', 'who are not, and are never to be matched again if the other reviewer agrees')
    .option('--reason <text>', 'what you saw')
    .action(run(runSubmitReview));
  review
    .command('outcome')
    .description('tell what came of a search of yours')
    .argument('<case-id>')
    .action(run(runShowOutcome));
  review
    .command('stats')
    .description('tell how each reviewer judges, measured with known non-matches')
    .action(run(runReviewStats));

  const links = program
    .command('cannot-link')
    .description('say "not this person": two that are never matched again; read docs/accountability.md#review');
  const end = 'face:ID, user:ID, image:EXTERNAL-IMAGE-ID or probe:HASH';
  links
    .command('set')
    .description('set a lasting cannot-link')
    .argument('<collection>')
    .argument('<one>', end)
    .argument('<other>', end)
    .requiredOption('--reason <text>', 'why')
    .action(run(runSetCannotLink));
  links
    .command('list')
    .description('list the cannot-links of a collection')
    .argument('<collection>')
    .option('--after <link-id>', 'begin after this one')
    .option('--limit <number>', 'at most this many (default 50)', pageLength)
    .action(run(runListCannotLinks));
  links
    .command('remove')
    .description('lift a cannot-link that another person set')
    .argument('<collection>')
    .argument('<link-id>')
    .requiredOption('--reason <text>', 'why')
    .action(run(runRemoveCannotLink));

  const minors = program
    .command('minors')
    .description('say who is a minor: what matches them waits for two reviewers; read docs/accountability.md#minors');
  minors
    .command('mark')
    .description('mark a subject as a minor')
    .argument('<subject>', 'an ExternalImageId, a UserId, or the FaceId of a face without the first')
    .requiredOption('--reason <text>', 'how it is known')
    .option('--purpose <name>', 'under one purpose only (default: every)')
    .option('--adult-from <day>', 'the day from which they are grown up, such as 2031-05-17')
    .action(run(runMarkMinor));
  minors
    .command('unmark')
    .description('take back a mark that another person set')
    .argument('<subject>')
    .requiredOption('--reason <text>', 'why')
    .option('--purpose <name>', 'the purpose of the mark (default: every)')
    .action(run(runUnmarkMinor));
  minors.command('list').description('list the marks').action(run(runListMinors));
}

function pageLength(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 200) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 200.');
  }
  return value;
}
