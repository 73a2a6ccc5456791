import type { IncomingMessage, ServerResponse } from 'node:http';

/** Cross-origin access for named origins; off when none is named. */
export interface Cors {
  /** True when the request comes from a page of an origin that isn't named. */
  isForeign(request: IncomingMessage): boolean;
  /** Lets a page of a named origin read the answer, with these headers. */
  allow(request: IncomingMessage, response: ServerResponse, exposed: readonly string[]): void;
  /** Answers a preflight request. */
  preflight(request: IncomingMessage, response: ServerResponse): void;
}

/** What AWS's clients in browsers send. */
const allowedHeader = /^(accept|authorization|content-type|x-amz-[a-z0-9-]+|amz-sdk-[a-z-]+)$/;
const preflightSeconds = 600;

/** @param origins such as `https://example.org`, exactly as browsers send them */
export function createCors(origins: readonly string[]): Cors {
  const named = new Set(origins);
  const originOf = (request: IncomingMessage) => {
    const { origin } = request.headers;
    return origin !== undefined && named.has(origin) ? origin : undefined;
  };
  const vary = (response: ServerResponse) => {
    if (named.size > 0) response.setHeader('vary', 'Origin');
  };

  return {
    isForeign: (request) => request.headers.origin !== undefined && originOf(request) === undefined,
    allow(request, response, exposed) {
      vary(response);
      const origin = originOf(request);
      if (origin === undefined) return;
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', exposed.join(', '));
    },
    preflight(request, response) {
      vary(response);
      const origin = originOf(request);
      if (origin === undefined) {
        response.writeHead(403).end();
        return;
      }
      const asked = String(request.headers['access-control-request-headers'] ?? '')
        .toLowerCase()
        .split(/\s*,\s*/);
      response
        .writeHead(204, {
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': asked.filter((name) => allowedHeader.test(name)).join(', '),
          'access-control-max-age': String(preflightSeconds),
        })
        .end();
    },
  };
}
