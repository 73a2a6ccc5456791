import { join } from 'node:path';
import {
  CompareFacesCommand,
  CreateCollectionCommand,
  DescribeCollectionCommand,
  IndexFacesCommand,
  ListCollectionsCommand,
  RekognitionClient,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, failureOf } from './failures.ts';
import { smallSample } from './photos.ts';
import { type Credentials, discard, readCredentials, type Server, startServer } from './server.ts';
import { call, sendUnsigned, type WireAnswer } from './wire.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
  for (const CollectionId of ['mine', 'theirs'])
    await server.client().send(new CreateCollectionCommand({ CollectionId }));
});
afterAll(() => discard(server));

const minutes = (count: number) => new Date(Date.now() + count * 60_000);
const list = (rest: Parameters<typeof call>[3]) => call(server, 'ListCollections', {}, rest);
function expectError(answer: WireAnswer, type: string, message?: RegExp) {
  expect({ status: answer.status, type: answer.json?.__type }).toEqual({ status: 400, type });
  if (message !== undefined) expect(answer.json.Message).toMatch(message);
}

describe('signatures', () => {
  it('are needed', async () => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'RekognitionService.ListCollections',
    };
    expectError(await sendUnsigned(server, { headers }), 'MissingAuthenticationTokenException');
    const basic = { ...headers, authorization: 'Basic dXNlcjpwYXNz' };
    expectError(await sendUnsigned(server, { headers: basic }), 'MissingAuthenticationTokenException');
  });

  it('of a wrong secret do not match', async () => {
    const credentials = { ...server.credentials, secretAccessKey: 'wrong'.repeat(8) };
    expectError(await list({ credentials }), 'InvalidSignatureException', /does not match the signature you provided/);
  });

  it('of an unknown key are an UnrecognizedClientException', async () => {
    const credentials = { ...server.credentials, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' };
    expectError(await list({ credentials }), 'UnrecognizedClientException', /security token .* is invalid/);
  });

  it('hold for the body that was signed and for no other', async () => {
    const other = await call(server, 'DeleteCollection', '{"CollectionId":"mine"}', {
      sentBody: '{"CollectionId":"theirs"}',
    });
    expectError(other, 'InvalidSignatureException');
    const forged = await list({
      tamper: (headers) => {
        headers['x-amz-target'] = 'RekognitionService.ListUsers';
      },
    });
    expectError(forged, 'InvalidSignatureException');
    const added = await list({
      tamper: (headers) => {
        headers['x-amz-added'] = 'later';
      },
    });
    expectError(added, 'InvalidSignatureException', /must be a 'SignedHeader'/);
  });

  it('that lack a part are incomplete', async () => {
    for (const part of ['Credential', 'SignedHeaders', 'Signature']) {
      const answer = await list({
        tamper: (headers) => {
          headers.authorization = (headers.authorization ?? '').replace(`${part}=`, 'Nothing=');
        },
      });
      expectError(answer, 'IncompleteSignatureException', new RegExp(part));
    }
  });

  it('hold for five minutes before and after', async () => {
    expect((await list({ signedAt: minutes(-4) })).status).toBe(200);
    expect((await list({ signedAt: minutes(4) })).status).toBe(200);
    expectError(await list({ signedAt: minutes(-6) }), 'InvalidSignatureException', /^Signature expired: /);
    expectError(await list({ signedAt: minutes(6) }), 'InvalidSignatureException', /^Signature not yet current: /);
  });

  it('of a client whose clock is wrong are mended by the client itself from the answer', async () => {
    const client = new RekognitionClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: server.credentials,
      systemClockOffset: -20 * 60_000,
    });
    expect((await client.send(new ListCollectionsCommand({}))).CollectionIds).toContain('theirs');
  });

  it('are scoped to the region and the service', async () => {
    expectError(await list({ region: 'eu-west-1' }), 'InvalidSignatureException', /valid region, not 'eu-west-1'/);
    expectError(await list({ service: 's3' }), 'InvalidSignatureException', /correct service: 'rekognition'/);
  });

  it('are never echoed, and neither are secrets', async () => {
    const credentials = { ...server.credentials, secretAccessKey: 'wrong'.repeat(8) };
    const { text } = await list({ credentials });
    expect(text).not.toContain(server.credentials.secretAccessKey);
    expect(text).not.toMatch(/Signature=[0-9a-f]{64}/);
    expect(server.log()).not.toContain(server.credentials.secretAccessKey);
  });
});

describe('keys', () => {
  const purposes = 'photo-library,media-archive,identity-verification,access-control,family-reunification,evaluation';
  const beside = (...args: string[]) => server.likeness(...args, '--endpoint', server.url);
  let testKeyFile: string;
  beforeAll(async () => {
    testKeyFile = join(server.dataDir, 'test.ini');
    const steps = [
      ['people', 'add', 'Test', '--roles', 'enroller,searcher'],
      ['keys', 'create', '--person', 'Test', '--purposes', purposes, '--out', testKeyFile],
    ];
    for (const step of steps) expect(await beside(...step)).toMatchObject({ exitCode: 0 });
  });

  /** Test makes a key of their own. */
  async function createKey(...flags: string[]): Promise<Credentials> {
    const { exitCode, stdout, stderr } = await beside(
      'keys',
      'create',
      '--credentials',
      testKeyFile,
      '--json',
      ...flags,
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const { accessKeyId, credentialsFile } = JSON.parse(stdout) as { accessKeyId: string; credentialsFile: string };
    const credentials = readCredentials(credentialsFile);
    expect(credentials.accessKeyId).toBe(accessKeyId);
    expect(stdout + stderr).not.toContain(credentials.secretAccessKey);
    return credentials;
  }
  const clientOf = (credentials: Credentials) => server.client({ credentials });
  const describeIt = (CollectionId: string) => new DescribeCollectionCommand({ CollectionId });

  it('work beside a running server from their first moment', async () => {
    const client = clientOf(await createKey());
    expect((await client.send(describeIt('mine'))).FaceCount).toBe(0);
  });

  it('can be limited to operations', async () => {
    const client = clientOf(await createKey('--operations', 'ListCollections,DescribeCollection'));
    await client.send(new ListCollectionsCommand({}));
    const create = new CreateCollectionCommand({ CollectionId: 'new' });
    const failure = await failureOf(client.send(create));
    expect(failure.name).toBe('AccessDeniedException');
    expect(failure.message).toMatch(
      /^User: arn:aws:iam::000000000000:user\/Test is not authorized to perform: rekognition:CreateCollection on resource: arn:aws:rekognition:us-east-1:000000000000:collection\/new/,
    );
  });

  it('can be limited to collections, and see no others', async () => {
    const client = clientOf(await createKey('--collections', 'mine,not-yet'));
    await client.send(describeIt('mine'));
    await expectFailure(client.send(describeIt('theirs')), 'AccessDeniedException');
    await expectFailure(client.send(describeIt('no-such')), 'AccessDeniedException');
    expect((await client.send(new ListCollectionsCommand({}))).CollectionIds).toEqual(['mine']);
    await client.send(new CreateCollectionCommand({ CollectionId: 'not-yet' }));
    await expectFailure(client.send(new CreateCollectionCommand({ CollectionId: 'other' })), 'AccessDeniedException');
  });

  it('can be limited to purposes, of which the first is that of calls without a collection', async () => {
    const client = clientOf(await createKey('--purposes', 'identity-verification'));
    await expectFailure(client.send(describeIt('mine')), 'AccessDeniedException', /photo-library/);
    const Bytes = await smallSample(3);
    const { FaceMatches = [] } = await client.send(
      new CompareFacesCommand({ SourceImage: { Bytes }, TargetImage: { Bytes }, SimilarityThreshold: 0 }),
    );
    for (const { Similarity } of FaceMatches) expect(Similarity).toBeGreaterThanOrEqual(95);
  });

  it('of refused purposes are not made', async () => {
    const { exitCode, stderr } = await beside('keys', 'create', '--purposes', 'police');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('law enforcement');
  });

  it('of another person take two persons, and give no key to who asks', async () => {
    const { exitCode, stdout } = await beside('keys', 'create', '--person', 'Test', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'pending' });
  });

  it('of nobody are not made', async () => {
    expect((await beside('keys', 'create', '--person', 'Nobody')).exitCode).toBe(4);
  });

  it('that are limited do not make wider ones', async () => {
    const { credentialsFile } = JSON.parse(
      (await beside('keys', 'create', '--operations', 'CreateKey', '--json')).stdout,
    ) as { credentialsFile: string };
    const limited = ['--credentials', credentialsFile, '--operations', 'CreateKey,IndexFaces'];
    expect((await beside('keys', 'create', ...limited)).exitCode).toBe(3);
  });

  it('can be revoked at once', async () => {
    const credentials = await createKey();
    await clientOf(credentials).send(new ListCollectionsCommand({}));
    expect((await beside('keys', 'revoke', credentials.accessKeyId)).exitCode).toBe(0);
    await expectFailure(clientOf(credentials).send(new ListCollectionsCommand({})), 'UnrecognizedClientException');
    expect((await beside('keys', 'revoke', 'AKIAAAAAAAAAAAAAAAAA')).exitCode).toBe(4);
  });

  it('can be temporary, with a session token that every request must carry', async () => {
    const credentials = await createKey('--expires', '10m');
    expect(credentials.accessKeyId).toMatch(/^ASIA/);
    await clientOf(credentials).send(new ListCollectionsCommand({}));
    const { sessionToken = '', ...withoutToken } = credentials;
    const wrong = { ...withoutToken, sessionToken: `${sessionToken.slice(0, -2)}xx` };
    for (const broken of [withoutToken, wrong]) {
      await expectFailure(clientOf(broken).send(new ListCollectionsCommand({})), 'UnrecognizedClientException');
    }
  });

  it('that are temporary end', async () => {
    const credentials = await createKey('--expires', '1s');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await expectFailure(clientOf(credentials).send(new ListCollectionsCommand({})), 'ExpiredTokenException');
  });

  it('are listed without their secrets', async () => {
    const { stdout } = await beside('keys', 'list', '--json');
    expect(stdout).toContain(server.credentials.accessKeyId);
    expect(stdout).not.toContain(server.credentials.secretAccessKey);
  });
});

describe('purposes at work', () => {
  let photo: Uint8Array;
  beforeAll(async () => {
    photo = await smallSample(3);
    for (const purpose of ['media-archive', 'access-control', 'family-reunification']) {
      const Tags = { 'likeness:purpose': purpose };
      await server.client().send(new CreateCollectionCommand({ CollectionId: purpose, Tags }));
    }
  });
  const image = () => ({ Bytes: Buffer.from(photo).toString('base64') });

  it('raise a threshold to their floor and say so in a header', async () => {
    await call(server, 'IndexFaces', { CollectionId: 'media-archive', Image: image() });
    const search = (FaceMatchThreshold: number) =>
      call(server, 'SearchFacesByImage', { CollectionId: 'media-archive', Image: image(), FaceMatchThreshold });
    const raised = await search(0);
    expect(raised.headers.get('x-likeness-similarity-threshold')).toBe('90');
    expect(raised.headers.get('x-likeness-purpose')).toBe('media-archive');
    expect(raised.json.FaceMatches).toHaveLength(1);
    expect(raised.json.FaceMatches[0].Similarity).toBeGreaterThanOrEqual(90);
    const enough = await search(95);
    expect(enough.headers.get('x-likeness-similarity-threshold')).toBeNull();
  });

  it('withhold emotions and gender and say so in a header', async () => {
    const answer = await call(server, 'DetectFaces', { Image: image(), Attributes: ['ALL'] });
    expect(answer.headers.get('x-likeness-withheld')).toBe('emotions,gender');
    expect(answer.json.FaceDetails[0]).not.toHaveProperty('Gender');
  });

  it('that need consent enrol nobody without a receipt', async () => {
    const client = server.client();
    const index = (ExternalImageId?: string) =>
      client.send(
        new IndexFacesCommand({
          CollectionId: 'access-control',
          Image: { Bytes: photo },
          ...(ExternalImageId && { ExternalImageId }),
        }),
      );
    await expectFailure(index(), 'AccessDeniedException', /active consent receipt/);
    await expectFailure(index('badge-1'), 'AccessDeniedException', /active consent receipt/);
    expect((await client.send(describeCollection('access-control'))).FaceCount).toBe(0);
  });

  it('that need review release no matches', async () => {
    const answer = await call(server, 'SearchFacesByImage', { CollectionId: 'family-reunification', Image: image() });
    expect(answer).toMatchObject({ status: 200, json: { FaceMatches: [] } });
    expect(answer.headers.get('x-likeness-review-case')).toMatch(/./);
  });

  it('leave a trace of every decision, refusals too, that verifies', async () => {
    const shown = await server.likeness('audit', 'show', '--json', '--limit', '500');
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain('refusal');
    expect(shown.stdout).toContain('media-archive');
    expect((await server.likeness('audit', 'verify')).exitCode).toBe(0);
  });

  const describeCollection = (CollectionId: string) => new DescribeCollectionCommand({ CollectionId });
});
