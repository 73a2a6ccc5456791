import {
  CreateCollectionCommand,
  DeleteCollectionCommand,
  DescribeCollectionCommand,
  ListCollectionsCommand,
  ListTagsForResourceCommand,
  paginateListCollections,
  type RekognitionClient,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, failureOf } from './failures.ts';
import { discard, type Server, startServer } from './server.ts';

const arnOf = (id: string) => `arn:aws:rekognition:us-east-1:000000000000:collection/${id}`;
const idPattern = '[a-zA-Z0-9_.\\-]+';

let server: Server;
let client: RekognitionClient;

beforeAll(async () => {
  server = await startServer();
  client = server.client();
});
afterAll(() => discard(server));

const create = (CollectionId: string, Tags?: Record<string, string>) =>
  client.send(new CreateCollectionCommand({ CollectionId, ...(Tags && { Tags }) }));
const describeIt = (CollectionId: string) => client.send(new DescribeCollectionCommand({ CollectionId }));

describe('collections', () => {
  it('are made with an ARN, a face model version and StatusCode 200', async () => {
    const made = await create('first');
    expect(made.StatusCode).toBe(200);
    expect(made.CollectionArn).toBe(arnOf('first'));
    expect(made.FaceModelVersion).toMatch(/^[0-9.]+$/);
  });

  it('tell their counts, ARN and birthday', async () => {
    const before = Date.now() - 1000;
    await create('described');
    const told = await describeIt('described');
    expect(told).toMatchObject({ FaceCount: 0, UserCount: 0, CollectionARN: arnOf('described') });
    expect(told.FaceModelVersion).toMatch(/^[0-9.]+$/);
    expect(told.CreationTimestamp?.getTime()).toBeGreaterThanOrEqual(before);
    expect(told.CreationTimestamp?.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it('have ids in which letter case counts', async () => {
    await create('CaseCounts');
    await create('casecounts');
    const { CollectionIds } = await client.send(new ListCollectionsCommand({}));
    expect(CollectionIds).toEqual(expect.arrayContaining(['CaseCounts', 'casecounts']));
  });

  it('cannot be made twice', async () => {
    await create('twice');
    await expectFailure(create('twice'), 'ResourceAlreadyExistsException', 'The collection id: twice already exists');
  });

  it('are gone once deleted, and their id can be used again', async () => {
    await create('deleted');
    const { StatusCode } = await client.send(new DeleteCollectionCommand({ CollectionId: 'deleted' }));
    expect(StatusCode).toBe(200);
    const gone = 'The collection id: deleted does not exist';
    await expectFailure(describeIt('deleted'), 'ResourceNotFoundException', gone);
    await expectFailure(
      client.send(new DeleteCollectionCommand({ CollectionId: 'deleted' })),
      'ResourceNotFoundException',
      gone,
    );
    expect((await create('deleted')).StatusCode).toBe(200);
  });

  it('take ids of up to 255 of the allowed characters', async () => {
    const longest = `${'a'.repeat(252)}_.-`;
    expect((await create(longest)).CollectionArn).toBe(arnOf(longest));
    await client.send(new DeleteCollectionCommand({ CollectionId: longest }));
  });

  it('refuse other ids in the words of AWS', async () => {
    const at = `at 'collectionId' failed to satisfy constraint: Member must`;
    await expectFailure(
      create('not allowed!'),
      'ValidationException',
      `1 validation error detected: Value 'not allowed!' ${at} satisfy regular expression pattern: ${idPattern}`,
    );
    await expectFailure(
      create('a'.repeat(256)),
      'ValidationException',
      `1 validation error detected: Value '${'a'.repeat(256)}' ${at} have length less than or equal to 255`,
    );
    const empty = await failureOf(create(''));
    expect(empty.name).toBe('ValidationException');
    expect(empty.message).toMatch(/^2 validation errors detected: Value '' at 'collectionId' failed/);
    expect(empty.message).toContain('Member must have length greater than or equal to 1');
  });

  it('say which member is missing', async () => {
    await expectFailure(
      client.send(new DescribeCollectionCommand({} as { CollectionId: string })),
      'ValidationException',
      "1 validation error detected: Value null at 'collectionId' failed to satisfy constraint: Member must not be null",
    );
  });
});

describe('listing collections', () => {
  const ids = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'];
  beforeAll(async () => {
    for (const id of [...ids].reverse()) await create(id);
  });

  it('tells ids in order, each with its model version', async () => {
    const listed = await client.send(new ListCollectionsCommand({}));
    const found = listed.CollectionIds ?? [];
    expect(found.filter((id) => id.startsWith('page-'))).toEqual(ids);
    expect(found).toEqual([...found].sort());
    expect(listed.FaceModelVersions).toHaveLength(found.length);
    expect(listed.NextToken).toBeUndefined();
  });

  it('comes in pages that hold every collection once', async () => {
    const seen: string[] = [];
    for await (const page of paginateListCollections({ client, pageSize: 2 }, {})) {
      expect(page.CollectionIds?.length).toBeLessThanOrEqual(2);
      expect(page.FaceModelVersions).toHaveLength(page.CollectionIds?.length ?? 0);
      if (page.NextToken) expect(page.NextToken.length).toBeLessThanOrEqual(255);
      seen.push(...(page.CollectionIds ?? []));
    }
    const whole = await client.send(new ListCollectionsCommand({}));
    expect(seen).toEqual(whole.CollectionIds);
  });

  it('goes on after a collection that was deleted between two pages', async () => {
    await create('page-0');
    const whole = (await client.send(new ListCollectionsCommand({}))).CollectionIds ?? [];
    const MaxResults = whole.indexOf('page-0') + 1;
    const { NextToken } = await client.send(new ListCollectionsCommand({ MaxResults }));
    await client.send(new DeleteCollectionCommand({ CollectionId: 'page-0' }));
    const next = await client.send(new ListCollectionsCommand({ MaxResults: 2, NextToken }));
    expect(next.CollectionIds).toEqual(['page-1', 'page-2']);
  });

  it('tolerates MaxResults 0 and refuses what is out of range', async () => {
    const { CollectionIds } = await client.send(new ListCollectionsCommand({ MaxResults: 0 }));
    expect(CollectionIds).toEqual(expect.arrayContaining(ids));
    await expectFailure(
      client.send(new ListCollectionsCommand({ MaxResults: 4097 })),
      'ValidationException',
      "1 validation error detected: Value '4097' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 4096",
    );
    await expectFailure(client.send(new ListCollectionsCommand({ MaxResults: -1 })), 'ValidationException');
  });

  it('refuses tokens that were changed, made up or given by another operation', async () => {
    const { NextToken = '' } = await client.send(new ListCollectionsCommand({ MaxResults: 1 }));
    expect(NextToken).not.toBe('');
    const other = NextToken.startsWith('A') ? 'B' : 'A';
    for (const token of [other + NextToken.slice(1), NextToken.slice(0, -4), `${NextToken}AAAA`, 'bm90IGEgdG9rZW4']) {
      await expectFailure(
        client.send(new ListCollectionsCommand({ MaxResults: 1, NextToken: token })),
        'InvalidPaginationTokenException',
      );
    }
  });
});

describe('tags', () => {
  const tagsOf = async (id: string) =>
    (await client.send(new ListTagsForResourceCommand({ ResourceArn: arnOf(id) }))).Tags;
  const tag = (id: string, Tags: Record<string, string>) =>
    client.send(new TagResourceCommand({ ResourceArn: arnOf(id), Tags }));
  const untag = (id: string, TagKeys: string[]) =>
    client.send(new UntagResourceCommand({ ResourceArn: arnOf(id), TagKeys }));

  it('are set at creation, added, replaced and removed', async () => {
    await create('tagged', { team: 'archive' });
    await tag('tagged', { team: 'press', 'cost centre': '12', empty: '' });
    expect(await tagsOf('tagged')).toEqual({ team: 'press', 'cost centre': '12', empty: '' });
    await untag('tagged', ['team', 'never-there']);
    expect(await tagsOf('tagged')).toEqual({ 'cost centre': '12', empty: '' });
  });

  it('are an empty map where there are none', async () => {
    await create('untagged');
    expect(await tagsOf('untagged')).toEqual({});
  });

  it('stand at most 50 on a resource, and a call that would exceed it sets none', async () => {
    await create('many-tags');
    const some = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${from + i}`, 'x']));
    await tag('many-tags', some(0, 50));
    await expectFailure(tag('many-tags', some(50, 1)), 'ServiceQuotaExceededException');
    await tag('many-tags', { 'key-0': 'replaced' });
    const tags = await tagsOf('many-tags');
    expect(Object.keys(tags ?? {})).toHaveLength(50);
    expect(tags?.['key-0']).toBe('replaced');
  });

  it('refuse keys of aws: and keys and values that are too long', async () => {
    await create('strict-tags');
    await expectFailure(tag('strict-tags', { 'aws:mine': 'x' }), 'ValidationException');
    await expectFailure(tag('strict-tags', { ['k'.repeat(129)]: 'x' }), 'ValidationException');
    await expectFailure(tag('strict-tags', { key: 'v'.repeat(257) }), 'ValidationException');
    expect(await tagsOf('strict-tags')).toEqual({});
  });

  it('cannot touch likeness:, in whatever letters', async () => {
    await create('bound', { 'likeness:purpose': 'media-archive' });
    for (const key of ['likeness:purpose', 'likeness:note', 'LIKENESS:Purpose']) {
      await expectFailure(tag('bound', { [key]: 'photo-library' }), 'InvalidParameterException');
      await expectFailure(untag('bound', [key]), 'InvalidParameterException');
    }
    expect(await tagsOf('bound')).toEqual({ 'likeness:purpose': 'media-archive' });
  });

  it('are refused for a resource that does not exist or is of another account', async () => {
    await expectFailure(tagsOf('nowhere'), 'ResourceNotFoundException', 'The collection id: nowhere does not exist');
    const list = (ResourceArn: string) => client.send(new ListTagsForResourceCommand({ ResourceArn }));
    await expectFailure(
      list('arn:aws:rekognition:us-east-1:123456789012:collection/tagged'),
      'ResourceNotFoundException',
    );
    await expectFailure(list('this is no ARN, but it is long enough'), 'InvalidParameterException');
    await expectFailure(list('arn:too-short'), 'ValidationException');
  });
});

describe('purposes', () => {
  const six = [
    'photo-library',
    'media-archive',
    'identity-verification',
    'access-control',
    'family-reunification',
    'evaluation',
  ];

  it('can be declared by name for each of the six', async () => {
    for (const purpose of six) {
      const licence = purpose === 'evaluation' ? { 'likeness:data-set-licence': 'research use' } : {};
      const made = await create(`for-${purpose}`, { 'likeness:purpose': purpose, ...licence });
      expect(made.StatusCode).toBe(200);
    }
  });

  it('that are unknown are refused with a list of the six', async () => {
    const failure = await failureOf(create('for-nothing', { 'likeness:purpose': 'birdwatching' }));
    expect(failure.name).toBe('InvalidParameterException');
    for (const purpose of six) expect(failure.message).toContain(purpose);
    await expectFailure(describeIt('for-nothing'), 'ResourceNotFoundException');
  });

  it.each([
    ['police', 'law-enforcement-identification'],
    ['Law-Enforcement', 'law-enforcement-identification'],
    ['public space surveillance', 'public-space-surveillance'],
    ['web scraping', 'untargeted-scraping'],
    ['employee monitoring', 'emotion-at-work-or-school'],
  ])('of the refused classes (%s) are denied naming the rule', async (purpose, rule) => {
    const failure = await failureOf(create('for-harm', { 'likeness:purpose': purpose }));
    expect(failure.name).toBe('AccessDeniedException');
    expect(failure.message).toContain(rule);
    expect(failure.message).toContain('rekognition:CreateCollection');
  });

  it('for evaluation need the licence of the data set', async () => {
    await expectFailure(
      create('unlicensed', { 'likeness:purpose': 'evaluation' }),
      'InvalidParameterException',
      /likeness:data-set-licence/,
    );
  });

  it('stand in a header of every answer', async () => {
    const watched = server.client();
    let purpose: string | undefined;
    watched.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        purpose = (result.response as { headers: Record<string, string> }).headers['x-likeness-purpose'];
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await watched.send(new DescribeCollectionCommand({ CollectionId: 'for-media-archive' }));
    expect(purpose).toBe('media-archive');
  });
});
