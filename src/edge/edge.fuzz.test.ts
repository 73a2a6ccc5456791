import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type House, openHouse, signedHeaders, testKey } from '../../tests/edge/house.ts';
import { errorStatus, operations } from '../contract/index.ts';

const rounds = 2_000;
const parallel = 20;

/** A random source with a fixed seed, so that a failure comes again. */
function randomFrom(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => below(256)));
  return { next, below, pick, bytes };
}

type Random = ReturnType<typeof randomFrom>;

const operationNames = Object.keys(operations);
const words = [
  'CollectionId',
  'Image',
  'Bytes',
  'FaceIds',
  'Tags',
  'MaxResults',
  'S3Object',
  '__proto__',
  'constructor',
];

function randomJson(random: Random, depth = 0): string {
  const leaves = ['null', 'true', '1e309', '-0', '1.5', '""', '"\\u0000"', '"AAAA"', '"\\ud800"', '{', ']', 'NaN', '"'];
  if (depth > 4 || random.next() < 0.3) return random.pick(leaves);
  const inner = Array.from({ length: random.below(4) }, () => randomJson(random, depth + 1));
  if (random.next() < 0.5) return `[${inner.join(',')}]`;
  return `{${inner.map((value) => `"${random.pick(words)}":${value}`).join(',')}}`;
}

function randomBody(random: Random): Buffer {
  switch (random.below(5)) {
    case 0:
      return random.bytes(random.below(300));
    case 1:
      return Buffer.from('[{"a":'.repeat(random.below(2_000)));
    case 2:
      return Buffer.from(`{"CollectionId":"${'x'.repeat(random.below(5_000))}"}`);
    default:
      return Buffer.from(randomJson(random));
  }
}

/** A whole request: well signed with an odd body, or odd in its line, headers or framing. */
async function randomRequest(random: Random): Promise<Buffer> {
  const body = randomBody(random);
  const operation =
    random.next() < 0.9 ? random.pick(operationNames) : random.pick(['', 'toString', 'ListCollections\t']);
  const named = {
    host: 'likeness',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `RekognitionService.${operation.trim()}`,
  };
  const signed = await signedHeaders({ headers: named, body }, testKey, { at: Date.now(), applyChecksum: false });
  const headers: Record<string, string> = { ...signed, 'content-length': String(body.length) };
  let line = 'POST / HTTP/1.1';
  switch (random.below(9)) {
    case 0:
      delete headers[random.pick(Object.keys(headers))];
      break;
    case 1: {
      const name = random.pick(Object.keys(headers));
      const value = headers[name]!;
      const at = random.below(value.length);
      headers[name] = value.slice(0, at) + String.fromCharCode(random.below(256)) + value.slice(at + 1);
      break;
    }
    case 2:
      line = random.pick([
        'GET /%',
        'POST //..//',
        'BREW / HTTP/1.1',
        'POST / HTTP/9.9',
        '\u0000',
        'GET /likeness/v1/policy?a=%zz HTTP/1.1',
      ]);
      break;
    case 3:
      headers['transfer-encoding'] = random.pick(['chunked', 'gzip', 'chunked, chunked']);
      break;
    case 4:
      headers[random.pick(['authorization', 'x-amz-date', 'x-amz-security-token'])] = random
        .bytes(random.below(200))
        .toString('latin1');
      break;
    case 5:
      headers['x-long'] = 'y'.repeat(random.below(60_000));
      break;
    default:
      break;
  }
  const head = [line, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  const whole = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  return random.next() < 0.1 ? whole.subarray(0, random.below(whole.length)) : whole;
}

/** Sends and reads until the server answers or closes; then the client ends. */
function exchange({ address }: House, request: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(address.port, address.host);
    let answer = '';
    // Cut requests wait for more: half of a connection's end says that nothing comes.
    socket.on('connect', () => socket.end(request));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

describe('2,000 malformed requests', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({
      dispatch: async () => ({ response: {}, headers: {} }),
      limits: { maxRunning: 4, maxWaiting: 64, maxBodyBytes: 100_000, requestTimeoutMs: 5_000 },
    });
  });
  afterAll(() => house.edge.close({ graceMs: 0 }));

  it('each get an error that is documented, or a closed connection, and leave the server answering', async () => {
    const random = randomFrom(20260102);
    const statuses = new Map<string, number>();
    for (let sent = 0; sent < rounds; sent += parallel) {
      const requests = await Promise.all(Array.from({ length: parallel }, () => randomRequest(random)));
      for (const answer of await Promise.all(requests.map((request) => exchange(house, request)))) {
        const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed';
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const type = /"__type":"(\w+)"/.exec(answer)?.[1];
        if (type !== undefined) expect(Object.keys(errorStatus)).toContain(type);
        if (type === undefined && status !== '200') expect(answer).not.toContain('{');
        expect(type).not.toBe('InternalServerError');
      }
    }
    expect(house.log.join('\n')).not.toContain('unexpectedly');
    expect(house.log.join('\n')).not.toContain('broke the edge');
    expect([...statuses.keys()].sort()).toEqual(
      ['200', '400', '404', '408', '431', 'closed'].filter((s) => statuses.has(s)),
    );
    expect(statuses.get('400')).toBeGreaterThan(rounds / 4);
    const alive = await fetch(`${house.address.url}/livez`);
    expect(alive.status).toBe(200);
    const metrics = await (await fetch(`${house.address.url}/metrics`)).text();
    expect(metrics).toContain('likeness_requests_running 0');
    expect(metrics).toContain('likeness_requests_waiting 0');
    expect(metrics).toContain('likeness_request_bodies_bytes 0');
  });
});
