import { RekognitionClient, StartLabelDetectionCommand } from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from './failures.ts';
import { smallSample } from './photos.ts';
import { discard, type Server, startServer } from './server.ts';
import { call, send, sendUnsigned, type WireAnswer } from './wire.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => discard(server));

const get = (path: string) => sendUnsigned(server, { method: 'GET', path });
const own = (path: string, query: Record<string, string> = {}) => send(server, { method: 'GET', path, query });
function expectError(answer: WireAnswer, type: string, message?: string | RegExp) {
  expect({ status: answer.status, type: answer.json?.__type }).toEqual({ status: 400, type });
  if (message !== undefined) expect(answer.json.Message).toMatch(message);
}

describe('answers on the wire', () => {
  it('are awsJson 1.1 with a request id of their own and a date', async () => {
    const [first, second] = [await call(server, 'ListCollections', {}), await call(server, 'ListCollections', {})];
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(first.headers.get('x-amzn-requestid')).toMatch(uuid);
    expect(first.headers.get('x-amzn-requestid')).not.toBe(second.headers.get('x-amzn-requestid'));
    expect(Number.isNaN(Date.parse(first.headers.get('date') ?? ''))).toBe(false);
    expect(first.json).toEqual({ CollectionIds: [], FaceModelVersions: [] });
  });

  it('have an empty object where there is nothing to say', async () => {
    await call(server, 'CreateCollection', { CollectionId: 'wire' });
    const answer = await call(server, 'CreateUser', { CollectionId: 'wire', UserId: 'u', ClientRequestToken: 't' });
    expect(answer.text).toBe('{}');
  });

  it('tell timestamps as epoch seconds', async () => {
    const { json } = await call(server, 'DescribeCollection', { CollectionId: 'wire' });
    expect(json.CreationTimestamp).toBeTypeOf('number');
    expect(Math.abs(json.CreationTimestamp - Date.now() / 1000)).toBeLessThan(60);
  });

  it('tell fractions as 32-bit floats', async () => {
    const Bytes = Buffer.from(await smallSample(3)).toString('base64');
    const { json } = await call(server, 'DetectFaces', { Image: { Bytes } });
    const { BoundingBox, Landmarks, Pose, Quality, Confidence } = json.FaceDetails[0];
    const numbers = [
      ...Object.values(BoundingBox),
      ...Object.values(Pose),
      ...Object.values(Quality),
      ...Landmarks.flatMap(({ X, Y }: { X: number; Y: number }) => [X, Y]),
      Confidence,
    ] as number[];
    expect(numbers.length).toBeGreaterThanOrEqual(20);
    for (const number of numbers) expect(Math.fround(number)).toBe(number);
    expect(numbers.some((number) => !Number.isInteger(number))).toBe(true);
  });

  it('of errors have the members of a real error and nothing more', async () => {
    const answer = await call(server, 'DescribeCollection', { CollectionId: 'missing' });
    expect(answer.json).toEqual({
      __type: 'ResourceNotFoundException',
      Code: 'ResourceNotFoundException',
      Logref: answer.headers.get('x-amzn-requestid'),
      Message: 'The collection id: missing does not exist',
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException');
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  });

  it('name the policy that was in force', async () => {
    const answer = await call(server, 'ListCollections', {});
    expect(answer.headers.get('x-likeness-policy')).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.headers.get('x-likeness-purpose')).toBe('photo-library');
  });
});

describe('requests on the wire', () => {
  it('may hold nulls and members that are not known', async () => {
    const answer = await call(server, 'ListCollections', {
      MaxResults: null,
      NextToken: null,
      Surprise: { deep: [1] },
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['broken JSON', '{"CollectionId":'],
    ['no object', '"text"'],
    ['a list', '[]'],
    ['nothing', ''],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ['brackets without end', '['.repeat(100_000)],
  ])('of %s are a SerializationException', async (_name, body) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'RekognitionService.DescribeCollection',
    };
    expectError(await send(server, { headers, body }), 'SerializationException');
  });

  it.each([
    [{ CollectionId: 5 }, 'NUMBER_VALUE can not be converted to a String'],
    [{ CollectionId: ['x'] }, 'Start of list found where not expected'],
    [{ CollectionId: { x: 1 } }, 'Start of structure or map found where not expected'],
    [{ CollectionId: true }, 'TRUE_VALUE can not be converted to a String'],
  ])('with a member of the wrong type (%o) are a SerializationException that says which', async (body, message) => {
    const answer = await call(server, 'DescribeCollection', body);
    expectError(answer, 'SerializationException');
    expect(answer.json.Message).toBe(message);
  });

  it('with bytes that are no base64 are a SerializationException', async () => {
    expectError(await call(server, 'DetectFaces', { Image: { Bytes: '*not base64*' } }), 'SerializationException');
  });

  it('tell every broken constraint at once, in the order of the members', async () => {
    const answer = await call(server, 'SearchFaces', { CollectionId: '!', FaceId: 'x', MaxFaces: 0 });
    expectError(answer, 'ValidationException', /^3 validation errors detected: Value '!' at 'collectionId' failed/);
    const places = ['collectionId', 'faceId', 'maxFaces'].map((name) => answer.json.Message.indexOf(`'${name}'`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  it('never get more back than a part of what they sent', async () => {
    const answer = await call(server, 'DescribeCollection', { CollectionId: '!'.repeat(1_000_000) });
    expectError(answer, 'ValidationException');
    expect(answer.text.length).toBeLessThan(10_000);
  });
});

describe('operations', () => {
  it('that are not built yet say so, and AWS clients do not try them again', async () => {
    const client = new RekognitionClient({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: server.credentials,
      maxAttempts: 4,
    });
    const failure = await failureOf(client.send(new StartLabelDetectionCommand({ Video: {} })));
    expect(failure.name).toBe('UnknownOperationException');
    expect(failure.message).toContain('StartLabelDetection');
    expect(failure.$metadata).toMatchObject({ httpStatusCode: 400, attempts: 1 });
  });

  it('that no one knows are an UnknownOperationException', async () => {
    expectError(await call(server, 'MakeCoffee', {}), 'UnknownOperationException');
    expectError(await call(server, 'constructor', {}), 'UnknownOperationException');
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    expectError(await send(server, { headers }), 'UnknownOperationException');
    const wrongService = { ...headers, 'x-amz-target': 'DynamoDB_20120810.ListTables' };
    expectError(await send(server, { headers: wrongService }), 'UnknownOperationException');
  });
});

describe("Likeness' own operations", () => {
  it('tell the policy in force', async () => {
    const { status, json } = await own('/likeness/v1/policy');
    expect(status).toBe(200);
    expect(json.purposes.map(({ name }: { name: string }) => name)).toHaveLength(6);
    expect(json.purposes.find(({ name }: { name: string }) => name === 'media-archive').similarityFloor).toBe(90);
    expect(json.defaultPurpose).toBe('photo-library');
    expect(json.refused.length).toBeGreaterThan(3);
  });

  it('tell what a similarity means', async () => {
    const { status, json } = await own('/likeness/v1/calibration');
    expect(status).toBe(200);
    const [{ points, doesNotCover }] = json.calibrations;
    const at = (similarity: number) =>
      points.find((point: { similarity: number }) => point.similarity === similarity)?.falseMatchRate;
    expect(at(80)).toBeCloseTo(1e-4, 8);
    expect(at(90)).toBeCloseTo(1e-5, 9);
    expect(doesNotCover.length).toBeGreaterThan(0);
    expect((await own('/likeness/v1/calibration', { faceModelVersion: 'none' })).json.__type).toBe(
      'ResourceNotFoundException',
    );
  });

  it('list the models with licence and digest', async () => {
    const { json } = await own('/likeness/v1/models');
    expect(json.models.length).toBeGreaterThan(3);
    for (const model of json.models) {
      expect(model.licence).not.toBe('');
      expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('list audit records in pages and verify their chain', async () => {
    const { json } = await own('/likeness/v1/audit/records', { limit: '2' });
    expect(json.records.map(({ sequence }: { sequence: number }) => sequence)).toEqual([1, 2]);
    expect(json.next).toBe(2);
    expect(json.records[1].previousHash).toBe(json.records[0].hash);
    const verified = await send(server, {
      path: '/likeness/v1/audit/verification',
      headers: { 'content-type': 'application/json' },
    });
    expect(verified.json.intact).toBe(true);
    expect(verified.json.entries).toBeGreaterThan(2);
  });

  it('are signed like the others and validated like the others', async () => {
    expectError(await get('/likeness/v1/policy'), 'MissingAuthenticationTokenException');
    expectError(await own('/likeness/v1/audit/records', { limit: '0' }), 'ValidationException', /'limit'/);
    expectError(await own('/likeness/v1/audit/records', { limit: 'ten' }), 'SerializationException');
    expect((await own('/likeness/v1/nothing')).status).toBe(404);
  });

  it('are described by an OpenAPI document', async () => {
    const { status, json } = await get('/likeness/v1/openapi.json');
    expect(status).toBe(200);
    expect(json.openapi).toMatch(/^3\./);
    expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(['/likeness/v1/policy']));
  });
});

describe('the state of the server', () => {
  it('is told without a signature', async () => {
    expect(await get('/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await get('/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
  });

  it('is measured for Prometheus by operation and outcome, without ids', async () => {
    const { status, text, headers } = await get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toMatch(/likeness_\w+\{[^}]*operation="DescribeCollection"/);
    expect(text).not.toContain(server.credentials.accessKeyId);
  });
});
