import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { openApiDocument } from '../contract/index.ts';
import type { Dispatch, RefusedCaller } from '../governance/index.ts';
import { createAdmission } from './http/admission.ts';
import { createBodyReader } from './http/bodies.ts';
import { createCors } from './http/cors.ts';
import { createIdentify, isLoopback, type Signing } from './identity.ts';
import type { EdgeLogger } from './logger.ts';
import { createEdgeMetrics } from './metrics.ts';
import { createOwnRequests } from './own-requests.ts';
import { createRequestHandler } from './request-handler.ts';
import { routeOf } from './route.ts';
import type { FindKey } from './sigv4/verifier.ts';
import { createAttempts, createSubjectPage, english } from './subject-page/index.ts';
import { createWireCodec } from './wire/codec.ts';

/** What the edge is made of. */
export interface EdgeParts {
  /** The way through the gate to every operation. */
  readonly dispatch: Dispatch;
  readonly findKey: FindKey;
  readonly signing: Signing;
  /** What signatures must be scoped to, such as us-east-1. */
  readonly region: string;
  /** Of the package; the OpenAPI document states it. */
  readonly version: string;
  /** Exact origins of pages that may call; none: cross-origin access is off. */
  readonly corsOrigins: readonly string[];
  /** Paths of a certificate chain and its key, PEM. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly limits: EdgeLimits;
  readonly logger: EdgeLogger;
  /** The server's own registry; `/metrics` tells all of it. */
  readonly metrics: Registry;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Stand on every answer of an operation, errors too: the policy's digest. */
  readonly standingHeaders?: Readonly<Record<string, string>> | undefined;
  /** Told of each call whose signature did not hold; must neither wait nor throw. */
  readonly onRefusedCaller?: ((caller: RefusedCaller) => void) | undefined;
  /** True once operations can run: `/readyz`. */
  readonly ready: () => boolean;
}

/** Bounds that keep the server answering. */
export interface EdgeLimits {
  /** Operations that run at once. */
  readonly maxRunning: number;
  /** Requests beside them that may wait for their turn; further ones get ThrottlingException. */
  readonly maxWaiting: number;
  readonly maxBodyBytes: number;
  /** Of all bodies at once; absent: 16 times the greatest body. */
  readonly bodyBudgetBytes?: number | undefined;
  /** From the headers to the answer. */
  readonly requestTimeoutMs: number;
  /** To send the headers; 10 s when absent. */
  readonly headersTimeoutMs?: number | undefined;
  /** To send headers and body; 60 s when absent. */
  readonly bodyTimeoutMs?: number | undefined;
}

/** Where an edge listens. */
export interface EdgeAddress {
  readonly host: string;
  readonly port: number;
  /** Such as http://127.0.0.1:4480, for an endpoint setting. */
  readonly url: string;
}

/** The HTTP server in front of the gate. */
export interface Edge {
  /**
   * @param at.port 0 takes a free one
   * @throws {UnsafeHostError} when signing is off and the host is not loopback
   * @throws the system's error when the address can't be had
   */
  listen(at: { readonly host: string; readonly port: number }): Promise<EdgeAddress>;
  /** Undefined while it doesn't listen. */
  address(): EdgeAddress | undefined;
  /** Takes no more requests, finishes those under way within the grace (30 s when absent), then aborts the rest. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** Signatures are off, and the host can be reached from elsewhere. */
export class UnsafeHostError extends Error {
  constructor(host: string) {
    super(`without signatures the server listens on a loopback address only, not on ${host}`);
    this.name = 'UnsafeHostError';
  }
}

const maxHeaderBytes = 32 * 1024;
const maxConnections = 1024;
/** Longer than the 60 s after which common proxies close, so that they never meet a closing connection. */
const keepAliveMs = 65_000;
/** For operations to notice that they were aborted. */
const abortMs = 1_000;

/**
 * Builds the edge: the Rekognition API (awsJson 1.1), Likeness' own operations, probes and metrics over HTTP or HTTPS.
 *
 * @throws the system's error when the certificate or key can't be read
 */
export function createEdge(parts: EdgeParts): Edge {
  const { limits } = parts;
  const cors = createCors(parts.corsOrigins);
  const admission = createAdmission(limits);
  const bodies = createBodyReader({
    limitBytes: limits.maxBodyBytes,
    budgetBytes: limits.bodyBudgetBytes ?? 16 * limits.maxBodyBytes,
  });
  const attempts = createAttempts({ clock: parts.clock });
  const handler = createRequestHandler({
    ...parts,
    attempts,
    cors,
    admission,
    bodies,
    identify: createIdentify({ ...parts, cors, secure: parts.tls !== undefined }),
    codec: createWireCodec(),
    ownRequests: createOwnRequests(),
    metrics: createEdgeMetrics(parts.metrics, { admission, bodies }),
    requestTimeoutMs: limits.requestTimeoutMs,
    standingHeaders: parts.standingHeaders ?? {},
  });
  const subjectPage = createSubjectPage({
    ...parts,
    admission,
    attempts,
    texts: english,
    requestTimeoutMs: limits.requestTimeoutMs,
  });
  const openApi = JSON.stringify(openApiDocument(parts.version));

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routeOf(request);
    switch (route.kind) {
      case 'live':
        return plain(response, 200, 'ok\n');
      case 'ready':
        return parts.ready() ? plain(response, 200, 'ready\n') : plain(response, 503, 'not ready\n');
      case 'metrics':
        return plain(response, 200, await parts.metrics.metrics(), parts.metrics.contentType);
      case 'openapi':
        cors.allow(request, response, []);
        return plain(response, 200, openApi, 'application/json');
      case 'subject-page':
        return subjectPage(request, response);
      case 'preflight':
        return cors.preflight(request, response);
      default:
        return handler.handle(route, request, response);
    }
  }

  const server = serverOf(parts, (request, response) => {
    onRequest(request, response).catch((error: unknown) => {
      parts.logger.error(
        { error: String(error instanceof Error ? error.name : typeof error) },
        'a request broke the edge',
      );
      response.destroy();
    });
  });
  server.maxConnections = maxConnections;

  return {
    async listen({ host, port }) {
      if (parts.signing.kind === 'off' && !isLoopback(host)) throw new UnsafeHostError(host);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
      const address = addressOf(server, parts.tls !== undefined);
      if (address === undefined) throw new Error('the server listens, but has no address');
      return address;
    },
    address: () => addressOf(server, parts.tls !== undefined),
    async close({ graceMs = 30_000 } = {}) {
      handler.drain();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const overdue = setTimeout(() => handler.abort(), graceMs);
      const hopeless = setTimeout(() => server.closeAllConnections(), graceMs + abortMs);
      await closed;
      await Promise.race([handler.idle(), elapsed(graceMs + abortMs)]);
      clearTimeout(overdue);
      clearTimeout(hopeless);
    },
  };
}

function serverOf(
  { tls, limits }: EdgeParts,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const headersTimeout = limits.headersTimeoutMs ?? 10_000;
  const options = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout,
    requestTimeout: Math.max(limits.bodyTimeoutMs ?? 60_000, headersTimeout),
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(headersTimeout, 5_000),
  };
  if (tls === undefined) return createServer(options, listener);
  const files = { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) };
  return createTlsServer({ ...options, ...files, minVersion: 'TLSv1.2' }, listener);
}

function addressOf(server: Server, secure: boolean): EdgeAddress | undefined {
  const address = server.address() as AddressInfo | null;
  if (address === null) return undefined;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { host: address.address, port: address.port, url: `${secure ? 'https' : 'http'}://${host}:${address.port}` };
}

function plain(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
