import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OwnOperationName, type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import { type Dispatch, subjectCaller } from '../../governance/index.ts';
import type { Admission } from '../http/admission.ts';
import { BodyTooLargeError, createBodyReader } from '../http/bodies.ts';
import type { EdgeLogger } from '../logger.ts';
import { beginLife, untilAborted } from '../request-life.ts';
import { loggedError } from '../wire/errors.ts';
import type { Attempts } from './attempts.ts';
import { askPage, confirmPage, contentSecurityPolicy, filePage, withdrawnPage, wrongPage } from './pages.ts';
import type { Texts } from './texts.ts';

/** What the page for the person in the picture works with. */
export interface SubjectPageParts {
  /** Through the gate, as everything. */
  readonly dispatch: Dispatch;
  readonly admission: Admission;
  readonly attempts: Attempts;
  readonly texts: Texts;
  readonly logger: EdgeLogger;
  readonly requestTimeoutMs: number;
}

/** Answers GET with the form for a token, and POST with what the token allows. Never rejects. */
export type SubjectPage = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Reply {
  readonly status: number;
  readonly body: string;
  /** Present for a download. */
  readonly fileName?: string;
}

const limitBytes = 64 * 1024;

/** Makes the page: forms alone, without script or cookie; the token travels in the body of each step. */
export function createSubjectPage(parts: SubjectPageParts): SubjectPage {
  const { admission, attempts, dispatch, texts } = parts;
  const bodies = createBodyReader({ limitBytes, budgetBytes: 64 * limitBytes });

  async function post(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    if (isForeign(request)) return { status: 403, body: wrongPage(texts, texts.wrong.foreign) };
    const address = request.socket.remoteAddress ?? '';
    if (!attempts.allowed(address)) return { status: 429, body: wrongPage(texts, texts.wrong.tooMany) };
    const { bytes, release } = await bodies.read(request, signal);
    try {
      admission.refuseIfFull();
      const ticket = admission.enter();
      try {
        await ticket.start(signal);
        return await step(new URLSearchParams(bytes.toString('utf8')), signal);
      } finally {
        ticket.leave();
      }
    } catch (failure) {
      if (!(failure instanceof ServiceError) || failure.code !== 'AccessDeniedException') throw failure;
      attempts.failed(address);
      return { status: 403, body: wrongPage(texts, texts.wrong.token) };
    } finally {
      release();
    }
  }

  async function step(form: URLSearchParams, signal: AbortSignal): Promise<Reply> {
    const token = (form.get('token') ?? '').trim();
    if (token === '' || token.length > 100) {
      throw new ServiceError('AccessDeniedException', 'There is no token in the form.');
    }
    const call = async <Name extends OwnOperationName>(
      operation: Name,
      request: OwnRequestOf<Name>,
    ): Promise<OwnResponseOf<Name>> => {
      const asked = { requestId: randomUUID(), caller: subjectCaller, operation, request, signal };
      const { response } = await untilAborted(dispatch(asked), signal);
      return response as OwnResponseOf<Name>;
    };
    const show = async (notice?: string): Promise<Reply> => ({
      status: 200,
      body: filePage(texts, await call('ShowSubject', { token }), token, notice),
    });
    switch (form.get('step')) {
      case 'download': {
        const { document, fileName } = await call('DownloadSubject', { token });
        return { status: 200, body: document, fileName };
      }
      case 'contest': {
        const words = (form.get('text') ?? '').trim().slice(0, 4000);
        const faceId = form.get('faceId') ?? '';
        if (words === '') return show();
        await call('ContestSubject', { token, text: words, ...(faceId !== '' && { faceId }) });
        return show(texts.contest.sent);
      }
      case 'confirm':
        // Asked of the gate too, so that nobody without the token sees a button that looks like power.
        await call('ShowSubject', { token });
        return { status: 200, body: confirmPage(texts, token) };
      case 'withdraw':
        return { status: 200, body: withdrawnPage(texts, await call('WithdrawBySubject', { token }), token) };
      default:
        return show();
    }
  }

  return async (request, response) => {
    const life = beginLife(response, parts.requestTimeoutMs);
    let reply: Reply;
    try {
      reply = request.method === 'POST' ? await post(request, life.signal) : { status: 200, body: askPage(texts) };
    } catch (failure) {
      const busy = failure instanceof ServiceError && failure.code === 'ThrottlingException';
      const tooLarge = failure instanceof BodyTooLargeError;
      if (!busy && !tooLarge) parts.logger.error({ error: loggedError(failure) }, 'the page for subjects failed');
      reply = { status: busy ? 503 : tooLarge ? 413 : 500, body: wrongPage(texts, texts.wrong.other) };
    }
    life.end();
    if (!response.destroyed) send(response, reply);
  };
}

function send(response: ServerResponse, { status, body, fileName }: Reply): void {
  response.writeHead(status, {
    'content-type': fileName === undefined ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    ...(fileName !== undefined && {
      'content-disposition': `attachment; filename="${fileName.replace(/[^\w.-]/g, '')}"`,
    }),
    'content-length': Buffer.byteLength(body),
    'content-security-policy': contentSecurityPolicy,
    // Not `no-referrer`: browsers then hide the origin of the page's own forms, which is looked at here.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(status === 413 && { connection: 'close' }),
  });
  response.end(body);
}

/** A form that another site's page sent. Programs that are no browsers send neither header. */
function isForeign(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = request.headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}
