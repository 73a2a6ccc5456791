import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OwnOperationName, OwnRequestOf } from '../../src/contract/index.ts';
import { refusalOf } from '../builders/gate.ts';
import { openReviewHouse, type Person, type ReviewHouse } from '../builders/review-house.ts';

let at: ReviewHouse;

beforeAll(async () => {
  at = await openReviewHouse();
  await at.collection('album', 'photo-library', ['anna']);
  await at.collection('lost', 'family-reunification', ['kid']);
  await at.operator.own('MarkMinor', { subject: 'kid', reason: 'six years old' });
});
afterAll(() => at?.close());

const operatorWith = (limits: Partial<Person['caller']>): Person => at.as(at.operator.caller.person, limits);
const ask = (person: Person, name: OwnOperationName, request: unknown) => person.own(name, request as never);

describe('a key that is limited to a collection', () => {
  it.each([
    ['ListConsents', { purpose: 'family-reunification' }],
    ['ListMinors', {}],
    ['UnmarkMinor', { subject: 'kid', reason: 'grown up' }],
    ['ListContests', {}],
    ['AnswerContest', { contestId: 'x', answer: 'no' }],
    ['GetTransparencyReport', {}],
    ['GetReviewStats', {}],
    ['ListBackups', {}],
    ['RotateMasterKey', {}],
    ['EraseSubject', { subject: 'kid', purpose: 'family-reunification' }],
  ] as const)('learns and changes nothing of others by %s', async (name, request) => {
    const refusal = await refusalOf(ask(operatorWith({ collections: ['album'] }), name, request));
    expect(refusal.code).toBe('AccessDeniedException');
    expect(refusal.message).toContain('limited to some');
  });

  it('still takes a consent and takes it back', async () => {
    const key = operatorWith({ collections: ['lost'] });
    const consent: OwnRequestOf<'GrantConsent'> = {
      subject: 'cousin',
      purpose: 'family-reunification',
      method: 'legal-basis',
      legalBasis: 'an order',
      noticeText: 'notice',
    };
    await key.own('GrantConsent', consent);
    const { receipts } = await key.own('ListConsents', { subject: 'cousin' });
    expect(receipts).toHaveLength(1);
    await key.own('WithdrawConsent', { subject: 'cousin', purpose: 'family-reunification' });
  });
});

describe('a key that is limited to a purpose', () => {
  const libraryOnly = () => operatorWith({ purposes: ['photo-library'] });

  it.each([
    ['EraseSubject', { subject: 'kid', purpose: 'family-reunification' }],
    ['EraseSubject', { subject: 'kid' }],
    ['EraseSubject', { collectionId: 'lost', faceId: '3fa85f64-5717-4562-b3fc-2c963f66afa6' }],
    ['PlaceLegalHold', { subject: 'kid', purpose: 'family-reunification', reason: 'a case' }],
    ['PlaceLegalHold', { subject: 'kid', reason: 'a case' }],
    ['PlaceLegalHold', { collectionId: 'lost', reason: 'a case' }],
    ['MarkMinor', { subject: 'anna', purpose: 'family-reunification', reason: 'young' }],
    ['UnmarkMinor', { subject: 'kid', purpose: 'family-reunification', reason: 'grown up' }],
    ['UnmarkMinor', { subject: 'kid', reason: 'grown up' }],
  ] as const)('reaches no subject of another by %s %j', async (name, request) => {
    const refusal = await refusalOf(ask(libraryOnly(), name, request));
    expect(refusal.code).toBe('AccessDeniedException');
    expect(refusal.message).toContain('does not list the purpose');
    const { response } = await at.operator.ask('ListFaces', { CollectionId: 'lost' });
    expect(response.Faces?.map(({ ExternalImageId }) => ExternalImageId)).toEqual(['kid']);
  });

  it('neither reads nor answers what people contest under another', async () => {
    const granted = await at.operator.own('GrantConsent', {
      subject: 'sister',
      purpose: 'family-reunification',
      method: 'legal-basis',
      legalBasis: 'an order',
      noticeText: 'notice',
    });
    const contest = await at.operator.own('ContestSubject', { token: granted.token ?? '', text: 'not me' });
    expect((await at.operator.own('ListContests', {})).contests).toHaveLength(1);
    expect((await libraryOnly().own('ListContests', {})).contests).toEqual([]);
    const answer = libraryOnly().own('AnswerContest', { contestId: contest.contestId, answer: 'it is you' });
    expect((await refusalOf(answer)).code).toBe('ResourceNotFoundException');
  });
});

describe('a person', () => {
  it.each(['likeness', 'Likeness', 'subject', 'ѕubject'])(
    'is not called what the audit calls no person: %s',
    async (name) => {
      const refusal = await refusalOf(at.operator.own('AddPerson', { name, roles: ['auditor'] }));
      expect(refusal.code).toBe('InvalidParameterException');
    },
  );

  it('with a key limited to a collection approves nothing, for a key could be told to it that may do more', async () => {
    const { proposalId = '', digest = '' } = await at.operator.own('CreateKey', { person: 'auditor' });
    const limited = at.as('second-admin', { collections: ['album'] });
    expect((await refusalOf(limited.own('ApproveProposal', { proposalId, digest }))).code).toBe(
      'AccessDeniedException',
    );
  });
});
