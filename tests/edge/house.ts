import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { Registry } from 'prom-client';
import { createEdge, type Edge, type EdgeAddress, type EdgeParts, type SigningKey } from '../../src/edge/index.ts';
import type { Call, Dispatch } from '../../src/governance/index.ts';

/** Node's hashes in the form that AWS's signer takes. */
export class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: Uint8Array | ArrayBuffer | ArrayBufferView | string) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as Uint8Array));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

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
