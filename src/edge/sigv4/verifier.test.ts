import { describe, expect, it } from 'vitest';
import { signedHeaders, testKey, type Unsigned } from '../../../tests/edge/house.ts';
import type { SigningKey } from './verifier.ts';
import { createSignatureVerifier } from './verifier.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const temporary: SigningKey = {
  ...testKey,
  accessKeyId: 'ASIATEMPORARY',
  sessionToken: 'token//with+signs==',
  expiresAtMs: now + 1_000,
};
const revoked: SigningKey = { ...testKey, accessKeyId: 'AKIDREVOKED', revokedAtMs: 1 };
const keys = [testKey, temporary, revoked];

function verifierAt(ms: number) {
  return createSignatureVerifier({
    findKey: async (id) => keys.find((key) => key.accessKeyId === id),
    service: 'rekognition',
    region: 'us-east-1',
    clock: () => ms,
  });
}

interface Sent {
  readonly method?: string;
  readonly target?: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly at?: number;
  readonly secure?: boolean;
}

async function verify({ method = 'POST', target = '/', headers, body = '', at = now, secure = false }: Sent) {
  const rawHeaders = Object.entries(headers).flat();
  return verifierAt(at)
    .readHeaders({ method, target, rawHeaders }, secure)
    .verify(Buffer.from(body as string));
}

const plain: Unsigned = { headers: { 'x-amz-target': 'RekognitionService.ListCollections' }, body: '{}' };

describe('a signature', () => {
  it('made by the signer of AWS names the caller, without the secret', async () => {
    const headers = await signedHeaders(plain, testKey, { at: now });
    const caller = await verify({ headers, body: '{}' });
    expect(caller).toEqual({
      accessKeyId: testKey.accessKeyId,
      person: 'tester',
      operations: '*',
      collections: '*',
      purposes: ['photo-library'],
    });
  });

  it.each([
    ['get-vanilla', '/', [], 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      '/?Param2=value2&Param1=value1',
      [],
      'host;x-amz-date',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-header-key-duplicate',
      '/',
      ['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
      'host;my-header1;x-amz-date',
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    ],
    [
      'get-header-value-trim',
      '/',
      ['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
      'host;my-header1;my-header2;x-amz-date',
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
  ])("holds for AWS's published case %s", async (_name, target, extra, signed, signature) => {
    const signedAt = Date.UTC(2015, 7, 30, 12, 36, 0);
    const verifier = createSignatureVerifier({
      // AWS's published example of a secret; no one's.
      findKey: async () => ({ ...testKey, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }),
      service: 'service',
      region: 'us-east-1',
      clock: () => signedAt,
    });
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signed}, Signature=${signature}`;
    const rawHeaders = ['Host', 'example.amazonaws.com', ...extra, 'X-Amz-Date', '20150830T123600Z'];
    const passed = verifier.readHeaders(
      { method: 'GET', target, rawHeaders: [...rawHeaders, 'Authorization', authorization] },
      false,
    );
    await expect(passed.verify(Buffer.alloc(0))).resolves.toMatchObject({ person: 'tester' });
  });

  it('holds for odd paths, queries, headers and bodies', async () => {
    const random = mulberry32(20260102);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const pieces = ['a', 'Z9', ' ', '+', '%', '/', '~', '-_.', "!'()*", '=', '&', 'é', '名', '😀', '\\', '"', ';', ','];
    const text = (most: number) => Array.from({ length: Math.floor(random() * most) }, () => pick(pieces)).join('');
    const headerText = () => text(8).replace(/[^\x20-\x7e]/g, '');
    for (let round = 0; round < 300; round += 1) {
      const query = Object.fromEntries(Array.from({ length: 3 }, () => [text(4) || 'k', text(6)]));
      const path = `/${[text(3), text(3)].map(encodeURIComponent).join('/')}`;
      const method = pick(['GET', 'POST', 'PUT']);
      const body = Buffer.from(text(200));
      const headers = await signedHeaders(
        { method, path, query, body, headers: { 'x-amz-meta': headerText(), 'my-header': `  a   b ${headerText()}` } },
        pick([testKey, temporary]),
        { at: now, applyChecksum: random() < 0.5 },
      );
      const encoded = Object.entries(query).map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`);
      const target = `${path}?${encoded.reverse().join('&')}`;
      await expect(verify({ method, target, headers, body }), target).resolves.toMatchObject({ person: 'tester' });
    }
  });

  it('breaks with any change of method, path, query, header or body', async () => {
    const unsigned = { ...plain, method: 'POST', path: '/likeness/v1/a', query: { q: '1' } };
    const headers = await signedHeaders(unsigned, testKey, { at: now });
    const good: Sent = { target: '/likeness/v1/a?q=1', headers, body: '{}' };
    await expect(verify(good)).resolves.toBeDefined();
    const changes: Partial<Sent>[] = [
      { method: 'GET' },
      { target: '/likeness/v1/b?q=1' },
      { target: '/likeness/v1/a?q=2' },
      { target: '/likeness/v1/a?q=%' },
      { body: '{ }' },
      { headers: { ...headers, 'x-amz-target': 'RekognitionService.DeleteCollection' } },
      { headers: { ...headers, host: 'elsewhere' } },
      { headers: { ...headers, authorization: headers.authorization!.replace(/.$/, (c) => (c === '0' ? '1' : '0')) } },
      { headers: { ...headers, authorization: headers.authorization!.slice(0, -1) } },
    ];
    for (const change of changes) {
      await expect(verify({ ...good, ...change }), JSON.stringify(change)).rejects.toMatchObject({
        code: 'InvalidSignatureException',
      });
    }
  });

  it('joins headers that come twice, in their order', async () => {
    const headers = await signedHeaders({ ...plain, headers: { 'my-list': 'b,a' } }, testKey, { at: now });
    delete headers['my-list'];
    const rawHeaders = [...Object.entries(headers).flat(), 'My-List', 'b', 'My-List', ' a '];
    const passed = verifierAt(now).readHeaders({ method: 'POST', target: '/', rawHeaders }, false);
    await expect(passed.verify(Buffer.from('{}'))).resolves.toBeDefined();
  });
});

describe("AWS's errors", () => {
  const signed = (key = testKey, options: Partial<Parameters<typeof signedHeaders>[2]> = {}) =>
    signedHeaders(plain, key, { at: now, ...options });
  const refusal = async (sent: Sent) => {
    const failure: unknown = await verify({ body: '{}', ...sent }).catch((error: unknown) => error);
    return `${(failure as { code: string }).code}: ${(failure as Error).message}`;
  };

  it('tell a missing token', async () => {
    const missing = 'MissingAuthenticationTokenException: Request is missing Authentication Token';
    expect(await refusal({ headers: { host: 'x' } })).toBe(missing);
    expect(await refusal({ headers: { host: 'x', authorization: 'Bearer abc' } })).toBe(missing);
  });

  it('tell what an incomplete signature lacks, and the header only by its hash', async () => {
    const told = await refusal({ headers: { host: 'x', authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e' } });
    expect(told).toContain(
      "IncompleteSignatureException: Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256",
    );
    expect(told).not.toContain('a/b/c');
  });

  it('tell a credential of fewer or more elements, and a date of another form', async () => {
    const headers = await signed();
    const withAuthorization = (change: (text: string) => string) => ({
      ...headers,
      authorization: change(headers.authorization!),
    });
    expect(await refusal({ headers: withAuthorization((text) => text.replace('/aws4_request', '')) })).toContain(
      'IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements',
    );
    expect(await refusal({ headers: { ...headers, 'x-amz-date': 'yesterday' } })).toBe(
      "IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
  });

  it('tell a wrong region, service and day', async () => {
    expect(await refusal({ headers: await signed(testKey, { region: 'eu-west-1' }) })).toBe(
      "InvalidSignatureException: Credential should be scoped to a valid region, not 'eu-west-1'. ",
    );
    expect(await refusal({ headers: await signed(testKey, { service: 's3' }) })).toBe(
      "InvalidSignatureException: Credential should be scoped to correct service: 'rekognition'. ",
    );
    const headers = await signed();
    expect(await refusal({ headers: { ...headers, 'x-amz-date': '20260103T030405Z' } })).toBe(
      "InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260102' != '20260103', from '20260103T030405Z'. ",
    );
  });

  it('tell a clock that is more than five minutes off, either way', async () => {
    const headers = await signed();
    await expect(verify({ headers, body: '{}', at: now + 299_000 })).resolves.toBeDefined();
    expect(await refusal({ headers, at: now + 301_000 })).toBe(
      'InvalidSignatureException: Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)',
    );
    expect(await refusal({ headers, at: now - 301_000 })).toBe(
      'InvalidSignatureException: Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)',
    );
  });

  it('tell an unknown, a revoked and an expired key', async () => {
    const invalid = 'UnrecognizedClientException: The security token included in the request is invalid.';
    expect(await refusal({ headers: await signed({ ...testKey, accessKeyId: 'AKIDNOBODY' }) })).toBe(invalid);
    expect(await refusal({ headers: await signed(revoked) })).toBe(invalid);
    expect(await refusal({ headers: await signed(temporary), at: now + 2_000 })).toBe(
      'ExpiredTokenException: The security token included in the request is expired',
    );
  });

  it('tell a session token that is missing, another, or not called for', async () => {
    const { sessionToken: _, ...withoutToken } = temporary;
    const invalid = 'UnrecognizedClientException: The security token included in the request is invalid.';
    expect(await refusal({ headers: await signed(withoutToken) })).toBe(invalid);
    expect(await refusal({ headers: await signed({ ...temporary, sessionToken: 'other' }) })).toBe(invalid);
    expect(await refusal({ headers: await signed({ ...testKey, sessionToken: 'some' }) })).toBe(invalid);
  });

  it('tell an x-amz header and a host that are not under the signature', async () => {
    const headers = await signed();
    expect(await refusal({ headers: { ...headers, 'X-Amz-Extra': '1' } })).toBe(
      "InvalidSignatureException: 'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.",
    );
    const authorization = headers.authorization!.replace('SignedHeaders=host;', 'SignedHeaders=');
    expect(await refusal({ headers: { ...headers, authorization } })).toContain("'host' must be a 'SignedHeader'");
  });

  it('tell an unsigned payload, but not over TLS', async () => {
    const unsigned = { ...plain, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };
    const headers = await signedHeaders(unsigned, testKey, { at: now });
    expect(await refusal({ headers })).toBe('InvalidSignatureException: UNSIGNED-PAYLOAD is accepted over TLS only.');
    await expect(verify({ headers, body: 'anything', secure: true })).resolves.toBeDefined();
  });

  it('tell presigned queries', async () => {
    expect(await refusal({ target: '/?X-Amz-Signature=ab', headers: { host: 'x' } })).toContain('not supported');
  });
});

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
