import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials, Server } from './server.ts';

/** A plain HTTP answer. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a black box answers what it wants
  readonly json: any;
}

/** A request to send as it stands; what is left out is what an AWS client sends. */
export interface WireRequest {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly credentials?: Credentials;
  readonly region?: string;
  readonly service?: string;
  readonly signedAt?: Date;
  /** Changes the signed headers before they are sent. */
  readonly tamper?: (headers: Record<string, string>) => void;
  /** Sent instead of the body that was signed. */
  readonly sentBody?: string;
  readonly signal?: AbortSignal;
}

class Sha256 {
  private readonly hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret instanceof ArrayBuffer ? Buffer.from(secret) : secret;
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as string | Buffer);
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(chunk instanceof ArrayBuffer ? Buffer.from(chunk) : (chunk as string | Buffer));
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {
    throw new Error('a digest is made once');
  }
}

/** Signs a request with AWS's own signer and sends it over plain HTTP. */
export async function send(server: Server, request: WireRequest): Promise<WireAnswer> {
  const url = new URL(server.url);
  const { method = 'POST', path = '/', query = {}, body = method === 'GET' ? '' : '{}' } = request;
  const signer = new SignatureV4({
    credentials: request.credentials ?? server.credentials,
    region: request.region ?? 'us-east-1',
    service: request.service ?? 'rekognition',
    sha256: Sha256,
  });
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path,
      query: { ...query },
      headers: { host: url.host, ...request.headers },
      body,
    },
    { signingDate: request.signedAt ?? new Date() },
  );
  const headers = { ...signed.headers };
  request.tamper?.(headers);
  return sendUnsigned(server, { ...request, headers, body: request.sentBody ?? body });
}

/** Sends a request without touching its headers. */
export async function sendUnsigned(server: Server, request: WireRequest): Promise<WireAnswer> {
  const { method = 'POST', path = '/', query = {}, body = '{}', headers = {}, signal } = request;
  const { host: _, ...rest } = headers;
  const search = new URLSearchParams(query).toString();
  const response = await fetch(`${server.url}${path}${search && `?${search}`}`, {
    method,
    headers: rest,
    ...(method !== 'GET' && { body: typeof body === 'string' ? body : Buffer.from(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

/** Calls an operation over plain HTTP, signed. */
export function call(
  server: Server,
  operation: string,
  body: unknown,
  rest: Omit<WireRequest, 'body' | 'headers'> = {},
): Promise<WireAnswer> {
  return send(server, {
    ...rest,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `RekognitionService.${operation}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
