import { describe, expect, it } from 'vitest';
import { firstPerson, makeKey } from '../../src/compose/access-keys.ts';
import { builtOperations } from '../../src/compose/operations.ts';
import { createPeople, foundPersons } from '../../src/governance/index.ts';
import { takesToken } from '../../src/governance/subjects/caller.ts';
import { type RoleName, roleNames } from '../../src/shared/role-names.ts';
import { openMemoryStores } from '../../src/stores/index.ts';
import { callerWith, collectionOf, gateBench, refusalOf } from '../builders/gate.ts';
import { openOffice } from '../builders/office.ts';

const denied = { code: 'AccessDeniedException' };
const arn = 'arn:aws:rekognition:us-east-1:000000000000:collection/c';
const request = { CollectionId: 'c', ResourceArn: arn, UserId: 'u', FaceId: 'f', Tags: { a: 'b' } };

async function allowed(role: readonly RoleName[], operation: string, purpose = 'photo-library'): Promise<boolean> {
  const bench = gateBench({ collections: [collectionOf(purpose)], roles: role });
  try {
    await bench.call(operation, request, callerWith({ purposes: [purpose] }));
  } catch (error) {
    expect((error as { code: string }).code).toBe('AccessDeniedException');
    expect(bench.ran).toEqual([]);
  }
  return bench.ran.length === 1;
}

async function peopleBench() {
  const stores = await openMemoryStores();
  return { stores, people: createPeople({ documents: stores.documents, clock: () => 7 }) };
}

describe('a role', () => {
  it.each([
    ['reviewer', ['IndexFaces', 'CreateUser', 'AssociateFaces', 'DeleteFaces', 'SearchFacesByImage', 'ListFaces']],
    [
      'auditor',
      ['SearchFaces', 'SearchFacesByImage', 'SearchUsers', 'SearchUsersByImage', 'CompareFaces', 'IndexFaces'],
    ],
    ['searcher', ['IndexFaces', 'CreateUser', 'DeleteFaces', 'DeleteCollection', 'TagResource', 'ListAuditRecords']],
    ['enroller', ['SearchFaces', 'SearchFacesByImage', 'SearchUsersByImage', 'CompareFaces', 'ListAuditRecords']],
    ['admin', ['SearchFacesByImage', 'CompareFaces', 'IndexFaces', 'AssociateFaces', 'DetectFaces']],
    ['evaluator', ['IndexFaces', 'DeleteCollection', 'SearchFacesByImage', 'CompareFaces']],
  ] as const)('of %s does not allow %j', async (role, names) => {
    for (const name of names) expect({ name, allowed: await allowed([role], name) }).toEqual({ name, allowed: false });
  });

  it.each([
    ['searcher', ['SearchFacesByImage', 'CompareFaces', 'ListFaces', 'DetectFaces']],
    ['enroller', ['IndexFaces', 'CreateCollection', 'CreateUser', 'DeleteFaces', 'DetectFaces']],
    ['admin', ['CreateCollection', 'DeleteCollection', 'DeleteFaces', 'VerifyAudit']],
    ['auditor', ['ListAuditRecords', 'VerifyAudit', 'DescribeCollection']],
    ['reviewer', ['DescribeCollection', 'GetPolicy']],
  ] as const)('of %s allows %j', async (role, names) => {
    for (const name of names) expect({ name, allowed: await allowed([role], name) }).toEqual({ name, allowed: true });
  });

  it('is needed for everything: a key whose person is nobody may call nothing', async () => {
    const names = Object.keys(builtOperations).filter((name) => !takesToken(name));
    expect(names.length).toBeGreaterThan(40);
    let ran = 0;
    const run = async () => ++ran;
    const fakes = Object.fromEntries(names.map((name) => [name, { name, needs: [], run }]));
    const bench = gateBench({ collections: [collectionOf('photo-library')], roles: [], parts: { operations: fakes } });
    for (const name of names) await expect(bench.call(name, request)).rejects.toMatchObject(denied);
    expect(ran).toBe(0);
    expect(new Set(bench.records().map(({ rule }) => rule))).toEqual(new Set(['role-allows-operation']));
  });

  it('is named in the refusal with the rule, and stands in the audit', async () => {
    const bench = gateBench({ collections: [collectionOf('photo-library')], roles: ['reviewer'] });
    const { code, message } = await refusalOf(bench.call('IndexFaces', request));
    expect(code).toBe('AccessDeniedException');
    expect(message).toContain('docs/accountability.md#roles');
    expect(bench.records()).toMatchObject([{ kind: 'refusal', rule: 'role-allows-operation', roles: ['reviewer'] }]);
  });

  it('that could not be read allows nothing', async () => {
    const bench = gateBench({ parts: { people: { rolesOf: () => Promise.reject(new Error('damaged')) } } });
    await expect(bench.call('DetectFaces')).rejects.toMatchObject({ code: 'InternalServerError' });
    expect(bench.ran).toEqual([]);
  });
});

describe('attributes told for evaluation', () => {
  it('go to evaluators only, as matches do', async () => {
    expect(await allowed(['searcher', 'enroller'], 'DetectFaces', 'evaluation')).toBe(false);
    expect(await allowed(['evaluator'], 'DetectFaces', 'evaluation')).toBe(true);
    expect(await allowed(['searcher'], 'DetectFaces', 'photo-library')).toBe(true);
  });
});

describe('matches of an evaluation collection', () => {
  const matching = ['SearchFaces', 'SearchFacesByImage', 'SearchUsers', 'SearchUsersByImage', 'CompareFaces'];

  it.each([...matching, 'AssociateFaces'])('are not told to a searcher and enroller by %s', async (name) => {
    expect(await allowed(['admin', 'enroller', 'searcher'], name, 'evaluation')).toBe(false);
  });

  it.each(matching)('are told to an evaluator by %s, and those of other collections are not', async (name) => {
    expect(await allowed(['evaluator'], name, 'evaluation')).toBe(true);
    expect(await allowed(['evaluator'], name, 'photo-library')).toBe(false);
  });
});

describe('roles of one person', () => {
  it.each([
    ['reviewer', 'enroller'],
    ['auditor', 'searcher'],
    ['auditor', 'evaluator'],
  ] as const)('are not %s and %s', async (...pair) => {
    const { people } = await peopleBench();
    await expect(people.add({ name: 'Ann', roles: pair, addedBy: [] })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    await people.add({ name: 'Ann', roles: [pair[0]], addedBy: [] });
    await expect(people.changeRoles('Ann', roleNames)).rejects.toThrow('Give the roles to two persons');
  });

  it.each([[[]], [['root']], [['Admin']], [['admin', 'toString']]])('are not %j', async (roles) => {
    const { people } = await peopleBench();
    await expect(people.add({ name: 'Ann', roles, addedBy: [] })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
  });

  it('are those of now: one that was taken away no longer counts at the next call', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['admin']);
    await bob.own('ListAuditRecords', {});
    const { proposalId = '', digest = '' } = await office.operator.own('ChangeRoles', {
      name: 'Bob',
      roles: ['searcher'],
    });
    await bob.own('ApproveProposal', { proposalId, digest });
    await expect(bob.own('ListAuditRecords', {})).rejects.toMatchObject(denied);
  });

  it('do not become those of a call that was refused before they were given', async () => {
    const { people } = await peopleBench();
    await people.add({ name: 'operator', roles: ['auditor'], addedBy: [] });
    const bench = gateBench({ collections: [collectionOf('photo-library')], parts: { people } });
    const early = bench.call('SearchFaces', request);
    const refused = expect(early).rejects.toMatchObject(denied);
    await people.changeRoles('operator', ['admin', 'searcher']).catch(() => {});
    await refused;
    expect(bench.ran).toEqual([]);
  });
});

describe('a person', () => {
  it.each(['Operator', 'OPERATOR', 'оperator', 'ｏｐｅｒａｔｏｒ', 'ópèrator', ' operator '])(
    'is not added again as %j',
    async (name) => {
      const { people } = await peopleBench();
      await people.add({ name: 'operator', roles: ['admin'], addedBy: [] });
      await expect(people.add({ name, roles: ['searcher'], addedBy: [] })).rejects.toMatchObject({
        code: 'ResourceAlreadyExistsException',
      });
      expect(await people.rolesOf(name)).toEqual(['admin']);
    },
  );

  it.each(['', ' ', '-', '\u200B', 'opera\u00ADtor', 'a\nb', 'a\u0000b', '../x', 'a/b', 'x'.repeat(65), '<b>x</b>'])(
    'is not called %j',
    async (name) => {
      const { people } = await peopleBench();
      await expect(people.add({ name, roles: ['searcher'], addedBy: [] })).rejects.toMatchObject({
        code: 'InvalidParameterException',
      });
    },
  );

  it('who was removed may call nothing, though a key of theirs still serves', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['searcher']);
    const { proposalId = '', digest = '' } = await office.operator.own('RemovePerson', { name: 'Bob' });
    await bob.own('ApproveProposal', { proposalId, digest });
    expect((await office.house.stores.keys.find(bob.caller.accessKeyId))?.revokedAtMs).toBeDefined();
    const forgotten = makeKey({ person: 'Bob', purposes: ['photo-library'] }, 0);
    await office.house.stores.keys.put(forgotten);
    const desk = await office.deskOf({ ...forgotten } as unknown as Record<string, string>);
    for (const name of ['WhoAmI', 'ListPersons', 'CreateKey', 'ListProposals'] as const) {
      await expect(desk.own(name, {})).rejects.toMatchObject(denied);
    }
    await expect(desk.call('ListCollections', {})).rejects.toMatchObject(denied);
  });

  it('who is the last admin is neither removed nor made something else', async () => {
    const { operator } = await openOffice();
    for (const gone of [
      operator.own('RemovePerson', { name: 'operator' }),
      operator.own('ChangeRoles', { name: 'operator', roles: ['searcher'] }),
    ]) {
      await expect(gone).rejects.toMatchObject({ code: 'ConflictException' });
    }
    expect(await operator.own('WhoAmI', {})).toMatchObject({ roles: ['admin', 'enroller', 'searcher'] });
  });

  it('whose keys are older than persons enrols and searches, and has no say over others', async () => {
    const { stores, people } = await peopleBench();
    const notices: string[] = [];
    for (const person of ['Ann', 'operator', '../?']) {
      await stores.keys.put(makeKey({ person, purposes: ['photo-library'] }, 0));
    }
    const founding = { people, keys: stores.keys, first: firstPerson, notice: (text: string) => notices.push(text) };
    await foundPersons(founding);
    expect(await people.rolesOf('Ann')).toEqual(['enroller', 'searcher']);
    expect(await people.rolesOf('../?')).toEqual([]);
    expect(await people.rolesOf(firstPerson)).toEqual(['admin', 'enroller', 'searcher']);
    expect(notices).toHaveLength(2);
    await stores.keys.put(makeKey({ person: 'Eve', purposes: ['photo-library'] }, 0));
    await foundPersons(founding);
    expect(await people.rolesOf('Eve')).toEqual([]);
  });
});

describe('a key', () => {
  it.each([
    ['more operations', {}, 'operations'],
    ['more collections', { operations: ['ListKeys', 'CreateKey'] }, 'collections'],
    [
      'another purpose',
      { operations: ['CreateKey'], collections: ['a'], purposes: ['media-archive'], expiresInSeconds: 1 },
      'purposes',
    ],
    ['a longer life', { operations: ['CreateKey'], collections: ['a'], expiresInSeconds: 7_200 }, 'a longer life'],
    ['no end', { operations: ['CreateKey'], collections: ['a'] }, 'a longer life'],
  ] as const)('makes none with %s than it has', async (_, wanted, why) => {
    const office = await openOffice();
    const limits = { operations: ['CreateKey', 'ListKeys'], collections: ['a'], purposes: ['photo-library'] };
    const made = await office.operator.own('CreateKey', { ...limits, expiresInSeconds: 3_600 });
    const limited = await office.deskOf(made.result);
    const open = { operations: undefined, collections: undefined };
    const asked = why === 'operations' || why === 'collections' ? { ...open, ...wanted } : wanted;
    const explicit = {
      ...asked,
      ...(why === 'operations' && { operations: ['SearchFaces'] }),
      ...(why === 'collections' && { collections: ['b'] }),
    };
    await expect(limited.own('CreateKey', explicit as object)).rejects.toThrow(why);
  });

  it('that is limited passes its limits on', async () => {
    const office = await openOffice();
    const made = await office.operator.own('CreateKey', { operations: ['CreateKey'], collections: ['a'] });
    const limited = await office.deskOf(made.result);
    const child = await office.deskOf((await limited.own('CreateKey', {})).result);
    expect(child.caller).toMatchObject({ operations: ['CreateKey'], collections: ['a'], person: 'operator' });
  });

  it('of a refused class is not made', async () => {
    const { operator } = await openOffice();
    await expect(operator.own('CreateKey', { purposes: ['police'] })).rejects.toMatchObject(denied);
  });

  it('of another is neither made, seen nor revoked by one who is no admin', async () => {
    const office = await openOffice();
    const bob = await office.hire('Bob', ['searcher']);
    const { keys } = await office.operator.own('ListKeys', {});
    expect(new Set(keys.map(({ person }) => person))).toEqual(new Set(['operator', 'Bob']));
    expect(JSON.stringify(keys)).not.toMatch(/secret/i);
    expect((await bob.own('ListKeys', {})).keys.map(({ person }) => person)).toEqual(['Bob']);
    await expect(bob.own('CreateKey', { person: 'operator' })).rejects.toMatchObject(denied);
    const first = keys.find(({ person }) => person === 'operator')?.accessKeyId ?? '';
    await expect(bob.own('RevokeKey', { accessKeyId: first })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it('is made for nobody who was not added', async () => {
    const { operator } = await openOffice();
    await expect(operator.own('CreateKey', { person: 'Eve' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});
