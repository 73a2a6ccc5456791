import {
  CreateCollectionCommand,
  DescribeCollectionCommand,
  DetectFacesCommand,
  RekognitionClient,
  SearchFacesCommand,
  StartLabelDetectionCommand,
} from '@aws-sdk/client-rekognition';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type House, openHouse, post, rawRequest, signedHeaders, testKey } from '../../tests/edge/house.ts';
import { ServiceError } from '../contract/index.ts';
import { UnsafeHostError } from './index.ts';

const houses: House[] = [];
const open = async (...changes: Parameters<typeof openHouse>) => {
  const house = await openHouse(...changes);
  houses.push(house);
  return house;
};
afterEach(async () => {
  await Promise.all(houses.splice(0).map(({ edge }) => edge.close({ graceMs: 0 })));
});

const clientOf = ({ address }: House) =>
  new RekognitionClient({
    endpoint: address.url,
    region: 'us-east-1',
    credentials: { accessKeyId: testKey.accessKeyId, secretAccessKey: testKey.secretAccessKey },
    maxAttempts: 1,
  });

/** Gets one of Likeness' own operations, signed. */
async function getOwn(house: House, path: string, query: Record<string, string> = {}) {
  const { host } = new URL(house.address.url);
  const { host: _, ...headers } = await signedHeaders({ method: 'GET', path, query, headers: { host } }, testKey, {
    at: Date.now(),
  });
  return fetch(`${house.address.url}${path}?${new URLSearchParams(query)}`, { headers });
}

describe('an AWS SDK client', () => {
  it('gets the answer of an operation, which gets the parsed request', async () => {
    const house = await open({
      dispatch: async () => ({
        response: { FaceDetails: [{ Confidence: 99.123456789, BoundingBox: { Left: 0.1, Width: 1 } }] },
        headers: { 'x-likeness-purpose': 'photo-library' },
      }),
    });
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
    const answer = await clientOf(house).send(new DetectFacesCommand({ Image: { Bytes: bytes }, Attributes: ['ALL'] }));
    expect(answer.FaceDetails).toEqual([
      { Confidence: Math.fround(99.123456789), BoundingBox: { Left: Math.fround(0.1), Width: 1 } },
    ]);
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    const [call] = house.calls;
    expect(call).toMatchObject({ operation: 'DetectFaces', request: { Attributes: ['ALL'] } });
    expect((call!.request as { Image: { Bytes: Uint8Array } }).Image.Bytes).toEqual(bytes);
    expect(call!.requestId).toBe(answer.$metadata.requestId);
  });

  it('gets times as dates', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    const house = await open({ dispatch: async () => ({ response: { CreationTimestamp: at }, headers: {} }) });
    const answer = await clientOf(house).send(new DescribeCollectionCommand({ CollectionId: 'c' }));
    expect(answer.CreationTimestamp).toEqual(at);
  });

  it("gets an operation's error as its own class", async () => {
    const house = await open({
      dispatch: async () => {
        throw new ServiceError('ResourceNotFoundException', 'The collection id: c does not exist');
      },
    });
    await expect(clientOf(house).send(new DescribeCollectionCommand({ CollectionId: 'c' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The collection id: c does not exist',
      Code: 'ResourceNotFoundException',
    });
  });

  it('is told what is invalid in a request', async () => {
    const house = await open();
    await expect(
      clientOf(house).send(new SearchFacesCommand({ CollectionId: 'c', FaceId: undefined, MaxFaces: 5000 })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/^2 validation errors detected: Value null at 'faceId'/),
    });
    expect(house.calls).toEqual([]);
  });

  it('is told that an operation is not built yet, and does not try again', async () => {
    const house = await open();
    const client = new RekognitionClient({ ...(await configOf(house)), maxAttempts: 3 });
    await expect(client.send(new StartLabelDetectionCommand({ Video: {} }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('not built in this version'),
      $metadata: { attempts: 1, httpStatusCode: 400 },
    });
  });

  it('tries again when the house is full', async () => {
    let calls = 0;
    const house = await open({
      dispatch: async () => {
        calls += 1;
        if (calls === 1) throw new ServiceError('ThrottlingException', 'Slow down');
        return { response: { StatusCode: 200 }, headers: {} };
      },
    });
    const client = new RekognitionClient({ ...(await configOf(house)), maxAttempts: 2 });
    await expect(client.send(new CreateCollectionCommand({ CollectionId: 'c' }))).resolves.toMatchObject({
      StatusCode: 200,
    });
    expect(calls).toBe(2);
  });
});

async function configOf(house: House) {
  const { credentials } = clientOf(house).config;
  return { endpoint: house.address.url, region: 'us-east-1', credentials };
}

describe('an answer', () => {
  it('has the headers and the body of an error of AWS', async () => {
    const house = await open();
    const answer = await post(house, 'CreateCollection', '{}');
    const body = (await answer.json()) as Record<string, string>;
    expect(answer.status).toBe(400);
    expect(Object.keys(body)).toEqual(['__type', 'Code', 'Logref', 'Message']);
    expect(body).toMatchObject({ __type: 'ValidationException', Code: 'ValidationException' });
    expect(answer.headers.get('x-amzn-requestid')).toBe(body.Logref);
    expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException');
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(answer.headers.get('date')).not.toBeNull();
  });

  it('of an unexpected error tells nothing but the request id, and the log nothing of the request', async () => {
    const house = await open({
      dispatch: async () => {
        throw new TypeError('secret-collection', { cause: new RangeError('secret-name') });
      },
    });
    const answer = await post(house, 'CreateCollection', '{"CollectionId":"secret-collection"}');
    const body = (await answer.json()) as Record<string, string>;
    expect(answer.status).toBe(500);
    expect(body).toMatchObject({ __type: 'InternalServerError', Message: 'Internal server error' });
    const log = house.log.join('\n');
    expect(log).toContain('TypeError');
    expect(log).toContain('RangeError');
    expect(log).toContain(body.Logref);
    expect(log).not.toContain('secret');
    expect(log).not.toContain(testKey.accessKeyId);
  });

  it.each([
    ['{', 'SerializationException'],
    ['', 'SerializationException'],
    ['[]', 'SerializationException'],
    ['{"CollectionId":5}', 'SerializationException'],
    ['{"CollectionId":null}', 'ValidationException'],
    [`{"x":${'['.repeat(100_000)}`, 'SerializationException'],
    [`{"x":"${'['.repeat(1000)}\\"","CollectionId":""}`, 'ValidationException'],
  ])('names what is wrong with the body %.20s', async (body, code) => {
    const answer = await post(await open(), 'CreateCollection', body);
    expect(await answer.json()).toMatchObject({ __type: code });
  });

  it('names base64 that is none', async () => {
    const answer = await post(await open(), 'DetectFaces', '{"Image":{"Bytes":"§§§"}}');
    expect(await answer.json()).toMatchObject({ __type: 'SerializationException' });
  });

  it.each([
    [{ 'x-amz-target': 'RekognitionService.Nope' }, 400],
    [{ 'x-amz-target': 'DynamoDB_20120810.ListTables' }, 400],
    [{ 'x-amz-target': 'RekognitionService.toString' }, 400],
    [{ 'content-type': 'text/plain' }, 400],
  ])('to an unknown target %j is an UnknownOperationException', async (headers, status) => {
    const answer = await post(await open(), 'ListCollections', '{}', headers);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });

  it('to an unsigned request names the missing token', async () => {
    const house = await open();
    const answer = await post(house, 'ListCollections', '{}', {});
    expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
    expect(house.calls).toEqual([]);
  });

  it('to a body that is too large names the image, declared or streamed', async () => {
    const house = await open({
      limits: { maxRunning: 1, maxWaiting: 1, maxBodyBytes: 1000, requestTimeoutMs: 5000 },
    });
    const body = `{"Image":{"Bytes":"${'A'.repeat(5_000_000)}"}}`;
    const declared = await post(house, 'DetectFaces', body);
    expect(await declared.json()).toMatchObject({ __type: 'ImageTooLargeException' });
    const named = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'RekognitionService.ListCollections',
      host: new URL(house.address.url).host,
    };
    const { host: _, ...headers } = await signedHeaders({ headers: named, body }, testKey, { at: Date.now() });
    const streamed = await fetch(house.address.url, {
      method: 'POST',
      headers,
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(await streamed.json()).toMatchObject({
      __type: 'ValidationException',
      Message: 'The body is larger than 1000 bytes.',
    });
  });
});

describe("Likeness' own operations", () => {
  it('take their request from the query', async () => {
    const house = await open({ dispatch: async () => ({ response: { records: [] }, headers: {} }) });
    const answer = await getOwn(house, '/likeness/v1/audit/records', { after: '7', limit: '5', other: 'x' });
    expect(await answer.json()).toEqual({ records: [] });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(house.calls[0]).toMatchObject({ operation: 'ListAuditRecords', request: { after: 7, limit: 5 } });
  });

  it.each([
    [{ limit: '0' }, 'ValidationException'],
    [{ limit: 'many' }, 'SerializationException'],
  ])('name what is wrong with %j', async (query, code) => {
    const answer = await getOwn(await open(), '/likeness/v1/audit/records', query as Record<string, string>);
    expect(await answer.json()).toMatchObject({ __type: code });
  });

  it('want a signature, but their description wants none', async () => {
    const house = await open();
    const unsigned = await fetch(`${house.address.url}/likeness/v1/policy`);
    expect(await unsigned.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
    const openApi = await fetch(`${house.address.url}/likeness/v1/openapi.json`);
    expect(await openApi.json()).toMatchObject({ openapi: '3.1.0' });
    const settings = await fetch(`${house.address.url}/likeness/v1/settings`);
    expect(settings.status).toBe(404);
  });
});

describe('signing off', () => {
  const caller = { ...testKey, secretAccessKey: undefined, accessKeyId: 'local' };
  const off = { signing: { kind: 'off', caller } } as const;

  it('lets programs of this machine call as the local caller', async () => {
    const house = await open(off);
    expect((await post(house, 'ListCollections', '{}', {})).status).toBe(200);
    expect(house.calls[0]!.caller.accessKeyId).toBe('local');
  });

  it('does not let web pages call, nor names made to point here', async () => {
    const house = await open(off);
    const page = await post(house, 'ListCollections', '{}', { origin: 'https://elsewhere.example' });
    expect(await page.json()).toMatchObject({ __type: 'AccessDeniedException' });
    const raw = await rawRequest(house, 'GET /likeness/v1/policy HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n');
    expect(raw).toContain('AccessDeniedException');
  });

  it('is refused on any other host', async () => {
    const house = await open(off);
    await house.edge.close();
    await expect(house.edge.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(UnsafeHostError);
  });
});

describe('cross-origin access', () => {
  const origin = 'https://console.example';

  it('is off unless origins are named', async () => {
    const house = await open();
    const answer = await fetch(house.address.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets pages of named origins send what AWS clients send and read what the server adds', async () => {
    const house = await open({
      corsOrigins: [origin],
      dispatch: async () => ({ response: {}, headers: { 'x-likeness-policy': 'abc' } }),
    });
    const preflight = await fetch(house.address.url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-amz-target,authorization,amz-sdk-request,cookie',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-amz-target, authorization, amz-sdk-request');
    const { host } = new URL(house.address.url);
    const signed = await signedHeaders(
      { headers: { 'x-amz-target': 'RekognitionService.ListCollections', host }, body: '{}' },
      testKey,
      { at: Date.now() },
    );
    const { host: _, ...headers } = signed;
    const answer = await post(house, 'ListCollections', '{}', { ...headers, origin });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-likeness-policy');
    expect(answer.headers.get('vary')).toBe('Origin');
  });
});

describe('probes and metrics', () => {
  it('tell that the server lives, and when it is ready', async () => {
    let ready = false;
    const house = await open({ ready: () => ready });
    const status = async (path: string) => (await fetch(`${house.address.url}${path}`)).status;
    expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);
    ready = true;
    expect(await status('/readyz')).toBe(200);
  });

  it('count requests by operation and outcome, without names', async () => {
    const house = await open({ metrics: new Registry() });
    await post(house, 'CreateCollection', '{"CollectionId":"secret-collection"}');
    await post(house, 'CreateCollection', '{}');
    await post(house, 'Nope', '{}', {});
    const text = await (await fetch(`${house.address.url}/metrics`)).text();
    expect(text).toContain('likeness_requests_total{operation="CreateCollection",outcome="ok"} 1');
    expect(text).toContain('likeness_requests_total{operation="CreateCollection",outcome="ValidationException"} 1');
    expect(text).toContain('likeness_requests_total{operation="unknown",outcome="UnknownOperationException"} 1');
    expect(text).not.toContain('secret');
    expect(text).not.toContain(testKey.accessKeyId);
    expect(house.log.join()).not.toContain('secret');
  });
});

describe('a caller who could not be authenticated', () => {
  it('is told of with the masked key, the code and what was asked for', async () => {
    const told: object[] = [];
    const house = await open({ onRefusedCaller: (caller) => void told.push(caller) });
    await post(house, 'DetectFaces', '{}', {});
    const { host } = new URL(house.address.url);
    const named = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'RekognitionService.ListCollections',
      host,
    };
    const wrongSecret = { ...testKey, secretAccessKey: 'another' };
    const unknown = { ...testKey, accessKeyId: 'AKIDNOBODYNOBODYWXYZ' };
    for (const key of [wrongSecret, unknown]) {
      await post(
        house,
        'ListCollections',
        '{}',
        await signedHeaders({ headers: named, body: '{}' }, key, { at: Date.now() }),
      );
    }
    expect(told).toEqual([
      {
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        operation: 'DetectFaces',
        code: 'MissingAuthenticationTokenException',
        accessKeyId: '****',
      },
      expect.objectContaining({
        operation: 'ListCollections',
        code: 'InvalidSignatureException',
        accessKeyId: '****TEST',
      }),
      expect.objectContaining({ code: 'UnrecognizedClientException', accessKeyId: '****WXYZ' }),
    ]);
    expect(house.calls).toEqual([]);
  });

  it('is not one whose signature holds, whatever is answered', async () => {
    const told: object[] = [];
    const house = await open({
      onRefusedCaller: (caller) => void told.push(caller),
      dispatch: async () => {
        throw new ServiceError('AccessDeniedException', 'no');
      },
    });
    await post(house, 'ListCollections', '{}');
    await post(house, 'ListCollections', '{"MaxResults": "x"}');
    expect(told).toEqual([]);
  });
});
