import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { operations, ServiceError } from '../contract/index.ts';
import type { Answer, Call, Caller, Dispatch } from '../governance/index.ts';
import type { Admission } from './http/admission.ts';
import { type Body, type BodyReader, BodyTooLargeError } from './http/bodies.ts';
import type { Cors } from './http/cors.ts';
import type { Identify } from './identity.ts';
import type { EdgeLogger } from './logger.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { OwnRequests } from './own-requests.ts';
import {
  beginLife,
  ClientGoneError,
  type RequestLife,
  RequestTimeoutError,
  ShuttingDownError,
  untilAborted,
} from './request-life.ts';
import type { Route } from './route.ts';
import type { WireCodec } from './wire/codec.ts';
import { errorBody, loggedError, publicError } from './wire/errors.ts';

/** What answering a request of an operation takes. */
export interface RequestHandlerParts {
  readonly dispatch: Dispatch;
  readonly identify: Identify;
  readonly admission: Admission;
  readonly bodies: BodyReader;
  readonly codec: WireCodec;
  readonly ownRequests: OwnRequests;
  readonly cors: Cors;
  readonly metrics: EdgeMetrics;
  readonly logger: EdgeLogger;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly requestTimeoutMs: number;
}

/** Answers requests of operations and knows which are under way. */
export interface RequestHandler {
  /** Never rejects. */
  handle(route: OperationRoute, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** From now on requests are refused; those under way go on. */
  drain(): void;
  /** Resolves when no operation runs any more. */
  idle(): Promise<void>;
  /** Aborts what is under way. */
  abort(): void;
}

/** A route that is logged and counted. */
export type OperationRoute = Extract<Route, { kind: 'rekognition' | 'own' | 'refused' }>;

/** What is known of a request so far, for its log line. */
interface Progress {
  bytesIn: number;
  caller?: Caller;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the handler: target, signature, body, validation, gate, answer; see ARCHITECTURE.md's picture. */
export function createRequestHandler(parts: RequestHandlerParts): RequestHandler {
  const { admission, bodies, clock, logger } = parts;
  const lives = new Set<RequestLife>();
  const running = new Set<Promise<unknown>>();
  let draining = false;

  async function answer(
    route: OperationRoute,
    request: IncomingMessage,
    life: RequestLife,
    requestId: string,
    progress: Progress,
  ): Promise<Reply> {
    if (route.kind === 'refused') throw route.error;
    if (draining) throw new ServiceError('ThrottlingException', 'Service Unavailable');
    const ticket = admission.enter();
    let body: Body | undefined;
    const leave = () => {
      body?.release();
      ticket.leave();
    };
    let work: Promise<Answer> | undefined;
    try {
      const passed = parts.identify(request);
      body = await bodies.read(request, life.signal);
      progress.bytesIn = body.bytes.length;
      const caller = await passed.verify(body.bytes);
      progress.caller = caller;
      const call = callOf(route, body, { requestId, caller, signal: life.signal });
      await ticket.start(life.signal);
      work = parts.dispatch(call).finally(leave);
      track(running, work);
    } finally {
      if (work === undefined) leave();
    }
    const { response, headers } = await untilAborted(work, life.signal);
    const text = route.kind === 'own' ? JSON.stringify(response) : parts.codec.writeResponse(route.operation, response);
    return { status: 200, body: text, headers };
  }

  function callOf(
    route: OperationRoute & { kind: 'rekognition' | 'own' },
    body: Body,
    rest: Pick<Call, 'requestId' | 'caller' | 'signal'>,
  ): Call {
    const request =
      route.kind === 'own'
        ? parts.ownRequests.read(route.operation, route.row, route.query, body.bytes)
        : parts.codec.readRequest(route.operation, body.bytes);
    return { operation: route.operation, request, ...rest };
  }

  function failureReply(route: OperationRoute, failure: unknown, requestId: string): Reply {
    const error = publicError(publicFailure(route, failure));
    if (error.code === 'InternalServerError') {
      logger.error(
        { requestId, operation: route.operation, error: loggedError(failure) },
        'an operation failed unexpectedly',
      );
    }
    return {
      status: route.kind === 'refused' ? route.status : error.status,
      body: errorBody(error.code, error.message, requestId),
      headers: { 'x-amzn-errortype': error.code },
    };
  }

  return {
    async handle(route, request, response) {
      const requestId = randomUUID();
      const startedMs = clock();
      const progress: Progress = { bytesIn: 0 };
      const life = beginLife(response, parts.requestTimeoutMs);
      lives.add(life);
      let reply: Reply;
      try {
        reply = await answer(route, request, life, requestId, progress);
      } catch (failure) {
        reply = failureReply(route, failure, requestId);
      }
      life.end();
      lives.delete(life);
      const gone = response.destroyed;
      if (!gone) send(route, request, response, reply, requestId);
      const outcome = gone ? 'client-gone' : (reply.headers['x-amzn-errortype'] ?? 'ok');
      const ms = clock() - startedMs;
      parts.metrics.finished({ operation: route.operation, outcome, seconds: ms / 1000 });
      logger.info(
        {
          requestId,
          operation: route.operation,
          outcome,
          ms,
          bytesIn: progress.bytesIn,
          bytesOut: gone ? 0 : Buffer.byteLength(reply.body),
          ...(progress.caller && { key: maskedKey(progress.caller.accessKeyId) }),
        },
        'request',
      );
    },
    drain() {
      draining = true;
    },
    async idle() {
      await Promise.allSettled(running);
    },
    abort() {
      for (const life of lives) life.abort(new ShuttingDownError());
    },
  };

  function send(
    route: OperationRoute,
    request: IncomingMessage,
    response: ServerResponse,
    reply: Reply,
    requestId: string,
  ): void {
    const exposed = ['x-amzn-requestid', 'x-amzn-errortype'];
    parts.cors.allow(request, response, [...exposed, ...Object.keys(reply.headers)]);
    response.writeHead(reply.status, {
      ...reply.headers,
      'x-amzn-requestid': requestId,
      'content-type': route.kind === 'own' ? 'application/json' : 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(reply.body),
      'cache-control': 'no-store',
      ...(draining && { connection: 'close' }),
    });
    response.end(reply.body);
  }
}

function track(running: Set<Promise<unknown>>, work: Promise<unknown>): void {
  running.add(work);
  // Its rejection is the answer's; here only its end matters.
  work.catch(() => {}).finally(() => running.delete(work));
}

/** What the edge's own failures are called towards the client. */
function publicFailure(route: OperationRoute, failure: unknown): unknown {
  if (failure instanceof BodyTooLargeError) return tooLarge(route, failure);
  if (failure instanceof RequestTimeoutError) {
    return new ServiceError('InternalServerError', 'The request took too long and was stopped.', { cause: failure });
  }
  if (failure instanceof ShuttingDownError || failure instanceof ClientGoneError) {
    return new ServiceError('ThrottlingException', 'Service Unavailable', { cause: failure });
  }
  return failure;
}

function tooLarge(route: OperationRoute, failure: BodyTooLargeError): ServiceError {
  const errors: readonly string[] = route.kind === 'rekognition' ? operations[route.operation].errors : [];
  return errors.includes('ImageTooLargeException')
    ? new ServiceError('ImageTooLargeException', 'Image size is too large.', { cause: failure })
    : new ServiceError('ValidationException', `The body is larger than ${failure.limitBytes} bytes.`, {
        cause: failure,
      });
}

/** Enough to tell one's own keys apart, not enough to use. */
function maskedKey(accessKeyId: string): string {
  return `****${accessKeyId.slice(-4)}`;
}
