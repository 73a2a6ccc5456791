import type { Command } from 'commander';
import { roleNames } from '../../shared/role-names.ts';
import { runCreateKey, runListKeys, runRevokeKey } from '../commands/keys.ts';
import {
  runAddPerson,
  runApproveProposal,
  runChangeRoles,
  runListPersons,
  runListProposals,
  runRejectProposal,
  runRemovePerson,
  runWhoAmI,
} from '../commands/people.ts';
import type { Run } from './run.ts';

const twoPersons = `
Once there are two persons, adding, changing and removing one takes two: what one proposes, another approves with
\`likeness proposals approve\` and a key of their own. Read docs/accountability.md#dual-control.`;

const rolesList = `roles of: ${roleNames.join(', ')}`;

/** Adds `likeness people`, `proposals` and `keys`. */
export function addPeopleCommands(program: Command, run: Run): void {
  const people = program
    .command('people')
    .description('say who works with this server, and in which roles')
    .addHelpText('after', twoPersons);
  people
    .command('add')
    .description('add a person; the next step is their key')
    .argument('<name>')
    .requiredOption('--roles <list>', rolesList)
    .action(run(runAddPerson));
  people.command('list').description('list persons with their roles').action(run(runListPersons));
  people.command('whoami').description('tell whom the key in use belongs to').action(run(runWhoAmI));
  people
    .command('change-roles')
    .description("replace a person's roles")
    .argument('<name>')
    .requiredOption('--roles <list>', rolesList)
    .action(run(runChangeRoles));
  people
    .command('remove')
    .description('remove a person and revoke their keys')
    .argument('<name>')
    .action(run(runRemovePerson));

  const proposals = program.command('proposals').description('see and decide what takes a second person');
  proposals
    .command('list')
    .description('list what waits for you, and what you proposed')
    .option('--all', 'also what is decided')
    .action(run(runListProposals));
  proposals
    .command('approve')
    .description('approve and run what another person proposed')
    .argument('<proposal>')
    .option('--digest <hex>', 'only if it is the one with this digest')
    .option('--out <file>', 'where to write a key that this makes (default <data folder>/keys/<id>.ini)')
    .action(run(runApproveProposal));
  proposals
    .command('reject')
    .description('end a proposal, or withdraw your own')
    .argument('<proposal>')
    .action(run(runRejectProposal));

  const keys = program
    .command('keys')
    .description('make, list and revoke access keys')
    .addHelpText('after', '\nA key may do no more than the one that made it. For another person it takes two persons.');
  keys
    .command('create')
    .description('make a key and write it to a credentials file')
    .option('--person <name>', 'whom it belongs to (default: you); they must have been added')
    .option('--operations <list>', 'allowed operations, such as DetectFaces,CompareFaces (default all)')
    .option('--collections <list>', 'allowed collections (default all)')
    .option(
      '--purposes <list>',
      'purposes it may serve, such as family-reunification for its reviewers; the first is that of calls without a collection (default: the first of your own key)',
    )
    .option('--expires <duration>', 'a temporary key with a session token, such as 45m, 12h or 7d')
    .option('--out <file>', 'where to write it (default <data folder>/keys/<id>.ini)')
    .action(run(runCreateKey));
  keys.command('list').description('list keys without their secrets').action(run(runListKeys));
  keys.command('revoke').description('revoke a key at once').argument('<key-id>').action(run(runRevokeKey));
}
