import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { Registry } from 'prom-client';
import { Sha256 } from '../../src/cli/sha256.ts';
import { createEdge, type Edge, type EdgeAddress, type EdgeParts, type SigningKey } from '../../src/edge/index.ts';
import type { Call, Dispatch } from '../../src/governance/index.ts';

/** An access key that tests sign with. */
export const testKey: SigningKey = {
  accessKeyId: 'AKIDTESTTESTTESTTEST',
  secretAccessKey: 'not/a+real=secret',
  person: 'tester',
  operations: '*',
  collections: '*',
  purposes: ['photo-library'],
};

/** A request as AWS's signer takes it. */
export interface Unsigned {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

/** Signs with AWS's own signer; the headers as they must be sent. */
export async function signedHeaders(
  { method = 'POST', path = '/', query = {}, headers = {}, body = '' }: Unsigned,
  key: SigningKey,
  options: { at: number; region?: string; service?: string; applyChecksum?: boolean },
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: options.service ?? 'rekognition',
    region: options.region ?? 'us-east-1',
    sha256: Sha256 as never,
    credentials: {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
      ...(key.sessionToken !== undefined && { sessionToken: key.sessionToken }),
    },
    applyChecksum: options.applyChecksum ?? true,
  });
  const signed = await signer.sign(
    { method, path, query, headers: { host: '127.0.0.1', ...headers }, body, protocol: 'http:', hostname: '127.0.0.1' },
    { signingDate: new Date(options.at) },
  );
  return signed.headers;
}

/** An edge with fake operations behind it. */
export interface House {
  readonly edge: Edge;
  readonly address: EdgeAddress;
  readonly calls: Call[];
  /** Lines of the log, as JSON. */
  readonly log: string[];
}

/** Opens an edge on a free port; operations answer `{}` unless told otherwise. */
export async function openHouse(
  changes: Partial<Omit<EdgeParts, 'dispatch'>> & { dispatch?: Dispatch; keys?: readonly SigningKey[] } = {},
): Promise<House> {
  const calls: Call[] = [];
  const log: string[] = [];
  const write = (fields: object, message: string) => void log.push(JSON.stringify({ ...fields, message }));
  const { dispatch = async () => ({ response: {}, headers: {} }), keys = [testKey], ...parts } = changes;
  const edge = createEdge({
    dispatch: (call) => {
      calls.push(call);
      return dispatch(call);
    },
    findKey: async (id) => keys.find((key) => key.accessKeyId === id),
    signing: { kind: 'required' },
    region: 'us-east-1',
    version: '0.0.0',
    corsOrigins: [],
    limits: { maxRunning: 4, maxWaiting: 16, maxBodyBytes: 1024 * 1024, requestTimeoutMs: 10_000 },
    logger: { info: write, warn: write, error: write },
    metrics: new Registry(),
    clock: Date.now,
    ready: () => true,
    ...parts,
  });
  return { edge, address: await edge.listen({ host: '127.0.0.1', port: 0 }), calls, log };
}

/** Posts to an operation, signed unless headers say otherwise. */
export async function post(house: House, operation: string, body: string, headers?: Record<string, string>) {
  const named = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `RekognitionService.${operation}` };
  const { host } = new URL(house.address.url);
  const signed = headers ?? (await signedHeaders({ headers: { ...named, host }, body }, testKey, { at: Date.now() }));
  const { host: _, ...sent } = { ...named, ...signed } as Record<string, string>;
  return fetch(house.address.url, { method: 'POST', headers: sent, body });
}

/** A dispatch that waits until told, or until it is aborted. */
export function heldDispatch() {
  const release: (() => void)[] = [];
  const aborted: unknown[] = [];
  const dispatch = (call: Call) =>
    new Promise<{ response: unknown; headers: Record<string, string> }>((resolve, reject) => {
      release.push(() => resolve({ response: {}, headers: {} }));
      call.signal.addEventListener('abort', () => {
        aborted.push((call.signal.reason as Error).name);
        reject(call.signal.reason);
      });
    });
  return { dispatch, release, aborted };
}

/** Waits for a condition that is about to hold. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** Sends text as it is and reads until a body or a status without one. */
export async function rawRequest({ address }: House, text: string): Promise<string> {
  const socket = connect(address.port, address.host);
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
    if (answer.includes('}')) break;
  }
  return answer;
}
