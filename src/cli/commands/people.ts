import { type RoleName, roleNames } from '../../shared/role-names.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { keepKey, keptWords, listOf, pendingWords } from './keys.ts';

/** Options of the commands that give roles. */
export interface RolesFlags extends GlobalOptions {
  readonly roles: string;
}

function rolesOf(text: string): readonly RoleName[] {
  return listOf(text).map((wanted) => {
    const role = roleNames.find((name) => name === wanted);
    if (role === undefined) throw new UsageError(`'${wanted}' is no role; the roles are ${roleNames.join(', ')}`);
    return role;
  });
}

async function change(
  operation: 'AddPerson' | 'ChangeRoles' | 'RemovePerson',
  request: { readonly name: string; readonly roles: readonly RoleName[] },
  words: { readonly done: string; readonly proposed: string },
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const outcome = await (operation === 'RemovePerson'
      ? connection.own(operation, { name: request.name })
      : connection.own(operation, request));
    printResult(terminal, flags.json === true, outcome, () =>
      outcome.status === 'done' ? words.done : pendingWords(words.proposed, outcome),
    );
  } finally {
    await connection.close();
  }
}

/** Adds a person, or proposes to. */
export async function runAddPerson(name: string, flags: RolesFlags, terminal: Terminal): Promise<void> {
  const roles = rolesOf(flags.roles);
  const told = `${name} (${roles.join(', ')})`;
  const done = `added ${told}\nnext, their key: likeness keys create --person ${JSON.stringify(name)}`;
  await change('AddPerson', { name, roles }, { done, proposed: `add ${told}` }, flags, terminal);
}

/** Replaces a person's roles, or proposes to. */
export async function runChangeRoles(name: string, flags: RolesFlags, terminal: Terminal): Promise<void> {
  const roles = rolesOf(flags.roles);
  const told = `${name}: ${roles.join(', ')}`;
  await change(
    'ChangeRoles',
    { name, roles },
    { done: told, proposed: `change the roles of ${told}` },
    flags,
    terminal,
  );
}

/** Removes a person and revokes their keys, or proposes to. */
export async function runRemovePerson(name: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const words = { done: `removed ${name}; their keys are revoked`, proposed: `remove ${name}` };
  await change('RemovePerson', { name, roles: [] }, words, flags, terminal);
}

/** Lists persons. */
export async function runListPersons(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { persons } = await connection.own('ListPersons', {});
    printResult(terminal, flags.json === true, persons, () =>
      renderTable(persons, [
        { title: 'person', value: (person) => person.name },
        { title: 'roles', value: (person) => (person.active ? person.roles.join(', ') : 'removed') },
        { title: 'added', value: (person) => person.added },
        { title: 'by', value: (person) => person.addedBy.join(' and ') || 'the first start' },
      ]),
    );
  } finally {
    await connection.close();
  }
}

/** Tells whom the key in use belongs to. */
export async function runWhoAmI(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const me = await connection.own('WhoAmI', {});
    printResult(
      terminal,
      flags.json === true,
      me,
      () => `${me.person}: ${me.roles.join(', ')} (key ${me.accessKeyId})`,
    );
  } finally {
    await connection.close();
  }
}

/** Lists what waits for a second person. */
export async function runListProposals(
  flags: GlobalOptions & { readonly all?: boolean },
  terminal: Terminal,
): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { proposals } = await connection.own('ListProposals', { state: flags.all === true ? 'all' : 'pending' });
    printResult(terminal, flags.json === true, proposals, () =>
      renderTable(
        proposals,
        [
          { title: 'proposal', value: (proposal) => proposal.proposalId },
          { title: 'action', value: (proposal) => proposal.action },
          { title: 'with', value: (proposal) => proposal.parameters },
          { title: 'by', value: (proposal) => proposal.proposedBy },
          { title: 'state', value: (proposal) => proposal.state },
          { title: 'until', value: (proposal) => proposal.expires },
        ],
        'nothing waits for you',
      ),
    );
  } finally {
    await connection.close();
  }
}

/** Options of `likeness proposals approve`. */
export interface ApproveFlags extends GlobalOptions {
  readonly digest?: string;
  readonly out?: string;
}

/** Approves what another person proposed: as it stands now, or as it was read with `--digest`. */
export async function runApproveProposal(proposalId: string, flags: ApproveFlags, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { proposals } = await connection.own('ListProposals', { state: 'all' });
    const read = proposals.find((proposal) => proposal.proposalId === proposalId);
    if (read !== undefined) terminal.note(`${read.proposedBy} proposed ${read.action} with ${read.parameters}`);
    // One that is not listed is the server's to refuse, in its own words.
    const digest = flags.digest ?? read?.digest ?? '0'.repeat(64);
    const { proposal, result } = await connection.own('ApproveProposal', { proposalId, digest });
    if (result.secretAccessKey === undefined) {
      printResult(terminal, flags.json === true, { proposal, result }, () => `done: ${proposal.action}`);
      return;
    }
    const kept = keepKey(result, flags);
    printResult(terminal, flags.json === true, { proposal, ...kept }, () =>
      [keptWords(kept), `hand the file to ${kept.person} and keep no copy`].join('\n'),
    );
  } finally {
    await connection.close();
  }
}

/** Ends a proposal unapproved. */
export async function runRejectProposal(proposalId: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { proposal } = await connection.own('RejectProposal', { proposalId });
    printResult(terminal, flags.json === true, proposal, () => `rejected ${proposal.action}`);
  } finally {
    await connection.close();
  }
}
