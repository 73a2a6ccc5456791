import { ServiceError } from '../../contract/index.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import type { RoleName } from '../../shared/role-names.ts';
import type { DocumentStore, DocumentView, KeptDocument } from '../../stores/ports/index.ts';
import { documentsIn } from '../document-pages.ts';
import type { GrantNotes } from '../notes.ts';
import { isSamePerson, type People, personId } from '../people/index.ts';

/** What two persons do together: one proposes, another approves. */
export const dualActions = [
  'add-person',
  'change-roles',
  'remove-person',
  'create-key',
  'place-legal-hold',
  'release-legal-hold',
  'bulk-export',
  'bulk-import',
] as const;

/** The name of an action that takes two persons. */
export type DualAction = (typeof dualActions)[number];

/** What an action is run with; JSON, without secrets. */
export type DualParameters = Readonly<Record<string, unknown>>;

/** What an action answers, as texts by name; it may be a secret, so it is answered once and kept nowhere. */
export type DualResult = Readonly<Record<string, string>>;

/** How an action runs. */
export interface DualExecutor {
  /** The proposer must still hold one of these when it is approved. */
  readonly proposers: readonly RoleName[];
  /** Who may approve beside not being the proposer; `any`: every person. */
  readonly approvers: readonly RoleName[] | 'any';
  /** Whether the proposer may do it alone at this moment; absent: never. */
  mayRunAlone?(parameters: DualParameters, proposer: string): Promise<boolean>;
  /**
   * Runs it, once, after both agreed. It checks again whatever may have changed since it was proposed.
   *
   * @param by the proposer, and the approver where there is one
   */
  execute(parameters: DualParameters, by: readonly string[]): Promise<DualResult>;
}

/** `approved`: it runs, or was stopped while it ran and must be proposed anew. */
export type ProposalState = 'pending' | 'approved' | 'executed' | 'failed' | 'rejected' | 'expired';

/** An action that waits for a second person, or did. */
export interface Proposal {
  readonly id: string;
  readonly action: DualAction;
  readonly parameters: DualParameters;
  /** Hex SHA-256 over id, action, parameters, proposer and time: what is approved is what was read. */
  readonly digest: string;
  readonly proposedBy: string;
  readonly atMs: number;
  readonly expiresAtMs: number;
  readonly state: ProposalState;
  readonly decidedBy?: string;
  readonly decidedAtMs?: number;
}

/** `done`: it ran; `pending`: another person must approve it. */
export type DualOutcome =
  | { readonly status: 'done'; readonly proposal: Proposal; readonly result: DualResult }
  | { readonly status: 'pending'; readonly proposal: Proposal };

/** Two persons for what one must not do. */
export interface DualControl {
  /** Says how an action runs; once for each. */
  register(action: DualAction, executor: DualExecutor): void;
  /** Runs the action where one person may, else keeps it for another to approve. @throws {ServiceError} */
  run(action: DualAction, parameters: DualParameters, person: string): Promise<DualOutcome>;
  /** Those that `person` proposed or may see to decide, newest first. */
  list(person: string): Promise<readonly Proposal[]>;
  /**
   * Approves and runs it.
   *
   * @throws {ServiceError} AccessDeniedException for the proposer, under whatever key; ConflictException when it is not
   *   pending or not what was read; ResourceNotFoundException
   */
  approve(id: string, digest: string, person: string): Promise<{ proposal: Proposal; result: DualResult }>;
  /** Ends a proposal; the proposer may withdraw it so. @throws {ServiceError} ConflictException, ResourceNotFoundException */
  reject(id: string, person: string): Promise<Proposal>;
}

/** Dual control as an operation has it: acting for the person of its grant. */
export interface BoundDualControl {
  run(action: DualAction, parameters: DualParameters): Promise<DualOutcome>;
  list(): Promise<readonly Proposal[]>;
  approve(id: string, digest: string): Promise<{ proposal: Proposal; result: DualResult }>;
  reject(id: string): Promise<Proposal>;
}

const lifetimeMs = 7 * 24 * 3_600_000;
const readMore = 'Read docs/accountability.md#dual-control.';

/** Binds dual control to a person, and notes for the audit what they propose and decide. */
export function dualControlOf(
  control: DualControl,
  person: string,
  notes: Pick<GrantNotes, 'proposal'>,
): BoundDualControl {
  const noted = <Answer extends { readonly proposal: Proposal }>(answer: Answer): Answer => {
    notes.proposal(`${answer.proposal.action}/${answer.proposal.id}`);
    return answer;
  };
  return {
    run: async (action, parameters) => noted(await control.run(action, parameters, person)),
    list: () => control.list(person),
    approve: async (id, digest) => noted(await control.approve(id, digest, person)),
    reject: async (id) => noted({ proposal: await control.reject(id, person) }).proposal,
  };
}

/** Makes dual control over documents: proposals survive a restart, executors are registered at start. */
export function createDualControl(parts: {
  readonly documents: DocumentStore;
  readonly people: Pick<People, 'rolesOf'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly ids: () => string;
}): DualControl {
  const { documents, people, ids } = parts;
  const executors = new Map<DualAction, DualExecutor>();
  let latestMs = 0;
  /** A clock turned back must not bring an expired proposal back. */
  const now = (): number => {
    latestMs = Math.max(latestMs, parts.clock());
    return latestMs;
  };

  /** One after another: two calls at once must not both find that one person may. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
  }

  function executorOf(action: DualAction): DualExecutor {
    const executor = executors.get(action);
    if (executor !== undefined) return executor;
    throw new ServiceError('InvalidParameterException', `This server does not know the action '${action}'.`);
  }

  async function mayApprove(proposal: Proposal, person: string): Promise<boolean> {
    if (isSamePerson(proposal.proposedBy, person)) return false;
    const approvers = executors.get(proposal.action)?.approvers ?? [];
    const roles = await people.rolesOf(person);
    return approvers === 'any' ? roles.length > 0 : approvers.some((role) => roles.includes(role));
  }

  const find = async (id: string): Promise<Proposal> =>
    documents.read((view) => presentProposal(view.get('proposal', id), now()));

  /** Moves a proposal on from pending; nobody else can have done so in between. */
  const decide = (id: string, person: string, state: ProposalState): Promise<Proposal> =>
    documents.change((view) => {
      const proposal = presentProposal(view.get('proposal', id), now());
      requirePending(proposal);
      const decided: Proposal = { ...proposal, state, decidedBy: person, decidedAtMs: now() };
      view.put('proposal', id, decided, { names: { state } });
      return decided;
    });

  const finish = (proposal: Proposal, state: 'executed' | 'failed'): Promise<Proposal> =>
    documents.change((view) => {
      const finished: Proposal = { ...proposal, state };
      view.put('proposal', proposal.id, finished, { names: { state } });
      return finished;
    });

  return {
    register(action, executor) {
      if (executors.has(action)) throw new Error(`the action ${action} is registered already`);
      executors.set(action, executor);
    },
    async run(action, parameters, person) {
      const executor = executorOf(action);
      const atMs = now();
      const about = { id: ids(), action, parameters, proposedBy: person, atMs };
      const proposal: Proposal = {
        ...about,
        digest: digestOf(about),
        expiresAtMs: atMs + lifetimeMs,
        state: 'pending',
      };
      const alone = await inTurn(async () =>
        (await executor.mayRunAlone?.(parameters, person)) ? executor.execute(parameters, [person]) : undefined,
      );
      // Kept as well: who looks later sees what was done by one person.
      if (alone !== undefined) return { status: 'done', proposal: await finish(proposal, 'executed'), result: alone };
      await documents.change((view) => {
        view.put('proposal', proposal.id, proposal, { names: { state: 'pending' }, dueAtMs: proposal.expiresAtMs });
      });
      return { status: 'pending', proposal };
    },
    async list(person) {
      const found = await documents.read((view) => all(view, now()));
      const visible: Proposal[] = [];
      for (const proposal of found) {
        const theirs = isSamePerson(proposal.proposedBy, person) || proposal.decidedBy === person;
        if (theirs || (await mayApprove(proposal, person))) visible.push(proposal);
      }
      return visible.sort((a, b) => b.atMs - a.atMs);
    },
    async approve(id, digest, person) {
      const proposal = await find(id);
      const executor = executorOf(proposal.action);
      if (isSamePerson(proposal.proposedBy, person)) {
        throw new ServiceError(
          'AccessDeniedException',
          `${person} proposed this, so another person must approve it; another key of the same person does not count. ${readMore}`,
        );
      }
      if (!(await mayApprove(proposal, person))) {
        const wanted = executor.approvers === 'any' ? 'any role' : executor.approvers.join(' or ');
        throw new ServiceError(
          'AccessDeniedException',
          `Approving ${proposal.action} takes the role ${wanted}. ${readMore}`,
        );
      }
      const proposerRoles = await people.rolesOf(proposal.proposedBy);
      if (!executor.proposers.some((role) => proposerRoles.includes(role))) {
        throw new ServiceError(
          'AccessDeniedException',
          `${proposal.proposedBy} may no longer propose ${proposal.action}. Reject it and propose it anew. ${readMore}`,
        );
      }
      requirePending(proposal);
      if (digest !== proposal.digest) {
        throw new ServiceError(
          'ConflictException',
          `The proposal ${id} is not the one with the digest ${digest}. Read it again with ListProposals.`,
        );
      }
      const approved = await decide(id, person, 'approved');
      // What runs is what the digest was approved for, whatever stood in the store a moment ago.
      if (approved.digest !== digest || digestOf(approved) !== digest) {
        await finish(approved, 'failed');
        throw new ServiceError('ConflictException', `The proposal ${id} was changed. Propose it anew.`);
      }
      try {
        const result = await executor.execute(approved.parameters, [approved.proposedBy, person]);
        return { proposal: await finish(approved, 'executed'), result };
      } catch (error) {
        await finish(approved, 'failed');
        throw error;
      }
    },
    async reject(id, person) {
      const proposal = await find(id);
      if (!isSamePerson(proposal.proposedBy, person) && !(await mayApprove(proposal, person))) {
        throw new ServiceError('AccessDeniedException', `Only who may approve a proposal may reject it. ${readMore}`);
      }
      return decide(id, person, 'rejected');
    },
  };
}

function digestOf(proposal: Pick<Proposal, 'id' | 'action' | 'parameters' | 'proposedBy' | 'atMs'>): string {
  const { id, action, parameters, proposedBy, atMs } = proposal;
  return sha256Hex(canonicalJson({ id, action, parameters, proposedBy: personId(proposedBy), atMs }));
}

function presentProposal(document: KeptDocument | undefined, nowMs: number): Proposal {
  if (document === undefined) {
    throw new ServiceError('ResourceNotFoundException', 'There is no such proposal.');
  }
  const proposal = document.body as Proposal;
  return proposal.state === 'pending' && nowMs >= proposal.expiresAtMs ? { ...proposal, state: 'expired' } : proposal;
}

function requirePending(proposal: Proposal): void {
  if (proposal.state === 'pending') return;
  throw new ServiceError(
    'ConflictException',
    proposal.state === 'expired'
      ? 'The proposal has expired. Propose it anew.'
      : `The proposal is ${proposal.state} and cannot be decided again.`,
  );
}

function all(view: DocumentView, nowMs: number): Proposal[] {
  const documents = documentsIn((page) => view.list('proposal', page));
  return [...documents].map((document) => presentProposal(document, nowMs));
}
