import { describe, expect, it } from 'vitest';
import { createDualControl, createPeople, type DualParameters, proposalsSource } from '../../src/governance/index.ts';
import { openMemoryStores } from '../../src/stores/index.ts';
import { openOffice } from '../builders/office.ts';

const denied = { code: 'AccessDeniedException' };
const conflict = { code: 'ConflictException' };

/** Dual control over memory with a clock that the test holds, and one action that notes what it was run with. */
async function controlBench() {
  const { documents } = await openMemoryStores();
  let nowMs = 1_000_000;
  let ids = 0;
  const people = createPeople({ documents, clock: () => nowMs });
  for (const [name, roles] of [
    ['Ann', ['admin', 'enroller']],
    ['Bob', ['searcher']],
    ['Cyd', ['admin']],
  ] as const) {
    await people.add({ name, roles, addedBy: [] });
  }
  const control = createDualControl({ documents, people, clock: () => nowMs, ids: () => `proposal-${++ids}` });
  const ran: { parameters: DualParameters; by: readonly string[] }[] = [];
  control.register('bulk-export', {
    proposers: ['admin'],
    approvers: 'any',
    async execute(parameters, by) {
      ran.push({ parameters, by });
      return { file: 'f' };
    },
  });
  return {
    documents,
    people,
    control,
    ran,
    turn(ms: number) {
      nowMs += ms;
    },
    async propose(parameters: DualParameters = { collectionId: 'c' }, person = 'Ann') {
      const outcome = await control.run('bulk-export', parameters, person);
      if (outcome.status !== 'pending') throw new Error('it ran at once');
      return outcome.proposal;
    },
  };
}

describe('an action of two persons', () => {
  it('runs once another person approves it, with both their names', async () => {
    const { control, propose, ran } = await controlBench();
    const { id, digest } = await propose();
    expect(ran).toEqual([]);
    const { proposal, result } = await control.approve(id, digest, 'Bob');
    expect(result).toEqual({ file: 'f' });
    expect(proposal).toMatchObject({ state: 'executed', decidedBy: 'Bob' });
    expect(ran).toEqual([{ parameters: { collectionId: 'c' }, by: ['Ann', 'Bob'] }]);
  });

  it.each(['Ann', 'ANN', ' ann ', 'Аnn', 'Ａｎｎ', 'An\u200Bn', 'Ánn'])(
    'is not approved by its proposer as %j',
    async (name) => {
      const { control, propose, ran } = await controlBench();
      const { id, digest } = await propose();
      await expect(control.approve(id, digest, name)).rejects.toMatchObject(denied);
      expect(ran).toEqual([]);
    },
  );

  it('is not approved by nobody, nor by one who was removed', async () => {
    const { control, people, propose, ran } = await controlBench();
    const { id, digest } = await propose();
    await people.remove('Bob');
    for (const name of ['Bob', 'Zoe', '']) {
      await expect(control.approve(id, digest, name)).rejects.toMatchObject(denied);
    }
    expect(ran).toEqual([]);
  });

  it('runs at most once, however many approve it at the same moment', async () => {
    const { control, propose, ran } = await controlBench();
    const { id, digest } = await propose();
    const answers = await Promise.allSettled(
      ['Bob', 'Cyd', 'Bob', 'Cyd'].map((who) => control.approve(id, digest, who)),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(ran).toHaveLength(1);
  });

  it('does not run when its proposer may no longer propose it', async () => {
    const { control, people, propose, ran } = await controlBench();
    const { id, digest } = await propose();
    await people.changeRoles('Ann', ['enroller']);
    await expect(control.approve(id, digest, 'Bob')).rejects.toMatchObject(denied);
    expect(ran).toEqual([]);
  });

  it('does not run when what stands in the store is not what was read', async () => {
    const { control, documents, propose, ran } = await controlBench();
    const proposal = await propose();
    await documents.change((view) => {
      view.put('proposal', proposal.id, { ...proposal, parameters: { collectionId: 'everything' } });
    });
    await expect(control.approve(proposal.id, proposal.digest, 'Bob')).rejects.toMatchObject(conflict);
    await expect(control.approve(proposal.id, proposal.digest, 'Bob')).rejects.toMatchObject(conflict);
    expect(ran).toEqual([]);
  });

  it("does not run under another proposal's digest", async () => {
    const { control, propose, ran } = await controlBench();
    const small = await propose({ collectionId: 'small' });
    const large = await propose({ collectionId: 'large' });
    await expect(control.approve(large.id, small.digest, 'Bob')).rejects.toMatchObject(conflict);
    expect(ran).toEqual([]);
  });

  it('ends after seven days, also where the clock is turned back afterwards', async () => {
    const { control, propose, ran, turn } = await controlBench();
    const { id, digest } = await propose();
    turn(7 * 86_400_000);
    await expect(control.approve(id, digest, 'Bob')).rejects.toMatchObject(conflict);
    turn(-86_400_000);
    await expect(control.approve(id, digest, 'Bob')).rejects.toMatchObject(conflict);
    expect((await control.list('Bob')).map(({ state }) => state)).toEqual(['expired']);
    expect(ran).toEqual([]);
  });

  it('is not approved after it was rejected, or withdrawn by its proposer', async () => {
    const { control, propose } = await controlBench();
    const rejected = await propose();
    await control.reject(rejected.id, 'Bob');
    const withdrawn = await propose();
    await control.reject(withdrawn.id, 'Ann');
    for (const { id, digest } of [rejected, withdrawn]) {
      await expect(control.approve(id, digest, 'Cyd')).rejects.toMatchObject(conflict);
    }
  });

  it('that failed must be proposed anew', async () => {
    const { control } = await controlBench();
    control.register('place-legal-hold', {
      proposers: ['admin'],
      approvers: 'any',
      execute: () => Promise.reject(new Error('the disk is full')),
    });
    const outcome = await control.run('place-legal-hold', {}, 'Ann');
    const { id, digest } = outcome.status === 'pending' ? outcome.proposal : { id: '', digest: '' };
    await expect(control.approve(id, digest, 'Bob')).rejects.toThrow('the disk is full');
    await expect(control.approve(id, digest, 'Cyd')).rejects.toMatchObject(conflict);
  });
});

describe('the first admin', () => {
  it('adds the second person and their first key alone, and no third', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['searcher']);
    expect(await bob.own('WhoAmI', {})).toMatchObject({ person: 'Bob', roles: ['searcher'] });
    expect(await office.operator.own('AddPerson', { name: 'Cyd', roles: ['auditor'] })).toMatchObject({
      status: 'pending',
    });
    const { persons } = await office.operator.own('ListPersons', {});
    expect(persons.map(({ name }) => name)).toEqual(['Bob', 'operator']);
  });

  it('adds no two persons by asking for both at once', async () => {
    const { operator } = await openOffice();
    const answers = await Promise.all(
      ['Bob', 'Cyd'].map((name) => operator.own('AddPerson', { name, roles: ['searcher'] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(['done', 'pending']);
  });

  it('approves nothing of their own, under no key of theirs', async () => {
    const office = await openOffice();
    await office.hire('Bob', ['searcher']);
    const { proposalId = '', digest = '' } = await office.operator.own('AddPerson', { name: 'Cyd', roles: ['admin'] });
    const second = await office.deskOf((await office.operator.own('CreateKey', {})).result);
    expect(second.caller.accessKeyId).not.toBe(office.operator.caller.accessKeyId);
    await expect(second.own('ApproveProposal', { proposalId, digest })).rejects.toMatchObject(denied);
  });

  it('makes no further key for the second person alone, nor after revoking the first', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['searcher']);
    expect((await office.operator.own('CreateKey', { person: 'Bob' })).status).toBe('pending');
    await office.operator.own('RevokeKey', { accessKeyId: bob.caller.accessKeyId });
    expect((await office.operator.own('CreateKey', { person: 'ВОВ' })).status).toBe('pending');
  });

  it('is told no secret of a key for another person; the approver is', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['searcher']);
    const cyd = await office.hire('Cyd', ['auditor'], bob);
    const outcome = await office.operator.own('CreateKey', { person: 'Cyd' });
    expect(JSON.stringify(outcome)).not.toMatch(/secret/i);
    const { proposals } = await office.operator.own('ListProposals', { state: 'all' });
    expect(JSON.stringify(proposals)).not.toMatch(/secret/i);
    const { proposalId = '', digest = '' } = outcome;
    const { result } = await cyd.own('ApproveProposal', { proposalId, digest });
    expect((await office.deskOf(result)).caller.person).toBe('Cyd');
  });

  it('removes nobody and changes no roles alone', async () => {
    const office = await openOffice();
    await office.hire('Bob', ['searcher']);
    expect((await office.operator.own('RemovePerson', { name: 'Bob' })).status).toBe('pending');
    expect((await office.operator.own('ChangeRoles', { name: 'Bob', roles: ['admin'] })).status).toBe('pending');
    const own = { name: 'operator', roles: ['admin', 'reviewer'] } as const;
    expect((await office.operator.own('ChangeRoles', own)).status).toBe('pending');
    expect(await office.operator.own('WhoAmI', {})).toMatchObject({ roles: ['admin', 'enroller', 'searcher'] });
  });

  it('gets no say over what another admin proposed before losing the role', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['admin']);
    const proposed = await bob.own('AddPerson', { name: 'Cyd', roles: ['searcher'] });
    const demoted = await bob.own('ChangeRoles', { name: 'Bob', roles: ['searcher'] });
    await office.operator.own('ApproveProposal', {
      proposalId: demoted.proposalId ?? '',
      digest: demoted.digest ?? '',
    });
    const late = { proposalId: proposed.proposalId ?? '', digest: proposed.digest ?? '' };
    await expect(office.operator.own('ApproveProposal', late)).rejects.toMatchObject(denied);
  });
});

describe('the audit', () => {
  it('names the proposal where it is made and where it is decided, and no secret', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['searcher']);
    const { proposalId = '', digest = '' } = await office.operator.own('CreateKey', { person: 'Bob' });
    const { result } = await bob.own('ApproveProposal', { proposalId, digest });
    const { records } = await office.operator.own('ListAuditRecords', { limit: 1000 });
    const bodies = records.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    const about = bodies.filter(({ proposal }) => proposal === `create-key/${proposalId}`);
    expect(about.map(({ operation }) => operation)).toEqual(['CreateKey', 'ApproveProposal']);
    expect(JSON.stringify(bodies)).not.toContain(result.secretAccessKey);
    expect(bodies.filter(({ proposal }) => String(proposal).startsWith('add-person/'))).toHaveLength(1);
  });
});

describe('a restart', () => {
  it('forgets neither proposals nor who proposed them', async () => {
    const before = await openOffice();
    const bob = await before.hire('Bob', ['searcher']);
    const { proposalId = '', digest = '' } = await before.operator.own('AddPerson', { name: 'Cyd', roles: ['admin'] });
    const after = await before.restart();
    await expect(after.operator.own('ApproveProposal', { proposalId, digest })).rejects.toMatchObject(denied);
    await after.desk(bob.caller).own('ApproveProposal', { proposalId, digest });
    const { persons } = await after.operator.own('ListPersons', {});
    expect(persons.find(({ name }) => name === 'Cyd')?.addedBy).toEqual(['operator', 'Bob']);
  });
});

describe('a proposal about a subject', () => {
  it('goes when the subject is erased, and others stay', async () => {
    const { control, documents, propose } = await controlBench();
    await propose({ subject: 'badge-1', purpose: 'access-control' });
    await propose({ subject: 'badge-2', purpose: 'access-control' });
    const source = proposalsSource(documents);
    const target = { kind: 'subject', subject: 'badge-1' } as const;
    expect(await source.count(target)).toEqual([{ kind: 'proposals', count: 1 }]);
    await source.erase(target);
    expect(await source.count(target)).toEqual([{ kind: 'proposals', count: 0 }]);
    expect((await control.list('Ann')).map(({ parameters }) => parameters.subject)).toEqual(['badge-2']);
  });
});
