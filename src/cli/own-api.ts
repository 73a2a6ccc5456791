import { randomUUID } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { House } from '../compose.ts';
import {
  type OwnOperationName,
  type OwnOperationRow,
  type OwnRequestOf,
  type OwnResponseOf,
  ownOperations,
  ownPathPrefix,
} from '../contract/index.ts';
import { Sha256 } from './sha256.ts';

/** Calls one of Likeness' own operations, wherever it runs. @throws an error whose name is the service's error code */
export type CallOwn = <Name extends OwnOperationName>(
  name: Name,
  request: OwnRequestOf<Name>,
) => Promise<OwnResponseOf<Name>>;

/** An access key as a credentials file holds it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a server answered instead of a result. */
export class OwnApiError extends Error {
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

/** Own operations over HTTP, signed with SigV4. */
export function ownApiOver(parts: { endpoint: string; region: string; credentials: Credentials }): CallOwn {
  const { endpoint, region, credentials } = parts;
  const url = new URL(endpoint);
  const signer = new SignatureV4({ service: 'rekognition', region, credentials, sha256: Sha256 });
  return async (name, request) => {
    const row: OwnOperationRow = ownOperations[name];
    const query = row.method === 'GET' ? queryOf(request) : {};
    const body = row.method === 'POST' ? JSON.stringify(request) : undefined;
    const signed = await signer.sign({
      method: row.method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: `${ownPathPrefix}${row.path}`,
      query,
      headers: { host: url.host, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    const search = new URLSearchParams(query).toString().replaceAll('+', '%20');
    const response = await fetch(`${url.origin}${signed.path}${search === '' ? '' : `?${search}`}`, {
      method: row.method,
      headers: signed.headers,
      ...(body !== undefined && { body }),
    });
    const answer = (await response.json()) as { readonly message?: string; readonly Message?: string };
    if (!response.ok) {
      const code = response.headers.get('x-amzn-errortype') ?? 'InternalServerError';
      throw new OwnApiError(code, answer.message ?? answer.Message ?? code);
    }
    return answer as never;
  };
}

/** Own operations inside this process, through the same gate. */
export function ownApiOf(house: House, caller: House['localCaller']): CallOwn {
  return async (name, request) => {
    const { response } = await house.dispatch({
      requestId: randomUUID(),
      caller,
      operation: name,
      request,
      signal: AbortSignal.timeout(house.config.requestTimeoutMs),
    });
    return response as never;
  };
}

/** Members of a request as a query has them; own operations read by GET take only texts and numbers. */
function queryOf(request: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
