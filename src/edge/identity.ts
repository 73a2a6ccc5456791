import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../contract/index.ts';
import type { Caller } from '../governance/index.ts';
import type { Cors } from './http/cors.ts';
import type { FindKey, HeadersPassed } from './sigv4/verifier.ts';
import { createSignatureVerifier } from './sigv4/verifier.ts';

/** How callers are known: by signatures, or, on loopback only, as one configured local caller. */
export type Signing = { readonly kind: 'required' } | { readonly kind: 'off'; readonly caller: Caller };

/** Looks at a request's headers before its body is read. @throws {ServiceError} when it can't pass */
export type Identify = (request: IncomingMessage) => HeadersPassed;

/** Chooses how callers are known. */
export function createIdentify(parts: {
  readonly signing: Signing;
  readonly findKey: FindKey;
  readonly region: string;
  readonly clock: () => number;
  readonly secure: boolean;
  readonly cors: Cors;
}): Identify {
  const { signing, cors, secure } = parts;
  if (signing.kind === 'off') {
    return (request) => {
      refuseStrangers(request, cors);
      return { verify: async () => signing.caller };
    };
  }
  const verifier = createSignatureVerifier({ ...parts, service: 'rekognition' });
  return ({ method = '', url: target = '', rawHeaders }) =>
    verifier.readHeaders({ method, target, rawHeaders }, secure);
}

/** Without signatures a page in a browser on this machine could call too: its Origin, or a name made to point here, tells it. */
function refuseStrangers(request: IncomingMessage, cors: Cors): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (cors.isForeign(request) || !isLoopback(host)) {
    throw new ServiceError(
      'AccessDeniedException',
      'Without signatures only programs of this machine may call, by a loopback address and from no web page.',
    );
  }
}

/** True for addresses and names that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host);
}
