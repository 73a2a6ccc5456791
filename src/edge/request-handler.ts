import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http';
import { operations, ServiceError } from '../contract/index.ts';
import type { Answer, Call, Caller, Dispatch, RefusedCaller } from '../governance/index.ts';
import { subjectCaller, takesToken } from '../governance/index.ts';
import type { Admission, Ticket } from './http/admission.ts';
import { type BodyReader, BodyTooLargeError } from './http/bodies.ts';
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
import type { Attempts } from './subject-page/index.ts';
import type { WireCodec } from './wire/codec.ts';
import { errorBody, loggedError, publicError } from './wire/errors.ts';

/** What answering a request of an operation takes. */
export interface RequestHandlerParts {
  readonly dispatch: Dispatch;
  readonly identify: Identify;
  /** Failed tokens of persons, who call without a signature. */
  readonly attempts: Attempts;
  readonly admission: Admission;
  readonly bodies: BodyReader;
  readonly codec: WireCodec;
  readonly ownRequests: OwnRequests;
  readonly cors: Cors;
  readonly metrics: EdgeMetrics;
  readonly logger: EdgeLogger;
  /** Told of each call whose signature did not hold. */
  readonly onRefusedCaller?: ((caller: RefusedCaller) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly requestTimeoutMs: number;
  /** Stand on every answer, errors too. */
  readonly standingHeaders: Readonly<Record<string, string>>;
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

type NamedRoute = Exclude<OperationRoute, { kind: 'refused' }>;

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
    const { work, signal } = await begin(route, request, { requestId, signal: life.signal }, progress);
    const { response = {}, headers } = await untilAborted(work, signal);
    for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
    const text = route.kind === 'own' ? JSON.stringify(response) : parts.codec.writeResponse(route.operation, response);
    return { status: 200, body: text, headers: { ...parts.standingHeaders, ...headers } };
  }

  /** Receives a request and starts its operation; memory and place in the house are given back when that ends. */
  async function begin(
    route: NamedRoute,
    request: IncomingMessage,
    context: Pick<Call, 'requestId' | 'signal'>,
    progress: Progress,
  ): Promise<{ readonly work: Promise<Answer>; readonly signal: AbortSignal }> {
    admission.refuseIfFull();
    const { call, release } = await receive(route, request, context, progress);
    let ticket: Ticket | undefined;
    const leave = () => {
      release();
      ticket?.leave();
    };
    try {
      ticket = admission.enter();
      await ticket.start(call.signal);
    } catch (failure) {
      leave();
      throw failure;
    }
    // `then` and not a plain call: a dispatch that throws at once must leave as well.
    const work = Promise.resolve(call).then(parts.dispatch).finally(leave);
    track(running, work);
    return { work, signal: call.signal };
  }

  /** A function of its own, so that the raw body is let go while the operation runs. */
  async function receive(
    route: NamedRoute,
    request: IncomingMessage,
    context: Pick<Call, 'requestId' | 'signal'>,
    progress: Progress,
  ): Promise<{ readonly call: Call; readonly release: () => void }> {
    const tell = (failure: unknown): never => {
      if (failure instanceof ServiceError && unauthenticated.has(failure.code)) {
        const { requestId } = context;
        const accessKeyId = maskedKey(statedKey(request));
        parts.onRefusedCaller?.({ requestId, operation: route.operation, code: failure.code, accessKeyId });
      }
      throw failure;
    };
    const passed = takesToken(route.operation) ? bearer(request) : identifyOr(tell, request);
    const { bytes, release } = await bodies.read(request, context.signal);
    try {
      progress.bytesIn = bytes.length;
      const caller = await passed.verify(bytes).catch(tell);
      progress.caller = caller;
      const parsed =
        route.kind === 'own'
          ? parts.ownRequests.read(route.operation, route.row, route.query, bytes)
          : parts.codec.readRequest(route.operation, bytes);
      return { call: { operation: route.operation, request: parsed, caller, ...context }, release };
    } catch (failure) {
      release();
      throw failure;
    }
  }

  /** Whoever sends a token needs no signature: the gate looks whether it opens anything. */
  function bearer(request: IncomingMessage): ReturnType<Identify> {
    if (!parts.attempts.allowed(request.socket.remoteAddress ?? '')) {
      throw new ServiceError('ThrottlingException', 'There were too many tries. Wait ten minutes, then try again.');
    }
    return { verify: async () => subjectCaller };
  }

  function identifyOr(tell: (failure: unknown) => never, request: IncomingMessage): ReturnType<Identify> {
    try {
      return parts.identify(request);
    } catch (failure) {
      return tell(failure);
    }
  }

  function failureReply(route: OperationRoute, failure: unknown, requestId: string): Reply {
    const error = publicError(publicFailure(route, failure));
    if (error.code === 'InternalServerError' && !(failure instanceof RequestTimeoutError)) {
      logger.error(
        { requestId, operation: route.operation, error: loggedError(failure) },
        'an operation failed unexpectedly',
      );
    }
    return {
      status: route.kind === 'refused' ? route.status : error.status,
      body: errorBody(error.code, error.message, requestId),
      headers: { ...parts.standingHeaders, 'x-amzn-errortype': error.code },
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
        if (
          takesToken(route.operation) &&
          failure instanceof ServiceError &&
          failure.code === 'AccessDeniedException'
        ) {
          parts.attempts.failed(request.socket.remoteAddress ?? '');
        }
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

/** How a caller who could not be authenticated is answered. */
const unauthenticated: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

/** The access key that a request claims, unverified; empty where it claims none that has the form of one. */
function statedKey({ headers, url = '' }: IncomingMessage): string {
  const stated = /Credential=([A-Z0-9]{16,128})(?:\/|%2F)/i.exec(headers.authorization ?? url);
  return stated?.[1] ?? '';
}

/** Enough to tell one's own keys apart, not enough to use. */
function maskedKey(accessKeyId: string): string {
  return `****${accessKeyId.slice(-4)}`;
}
