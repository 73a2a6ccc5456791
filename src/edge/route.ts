import type { IncomingMessage } from 'node:http';
import {
  type OperationName,
  type OwnOperationName,
  type OwnOperationRow,
  operations,
  ownOperations,
  ownPathPrefix,
  ServiceError,
} from '../contract/index.ts';
import { splitTarget } from './sigv4/canonical-request.ts';
import { subjectPagePath } from './subject-page/index.ts';

/** Where a request wants to go. */
export type Route =
  | { readonly kind: 'rekognition'; readonly operation: OperationName }
  | {
      readonly kind: 'own';
      readonly operation: OwnOperationName;
      readonly row: OwnOperationRow;
      readonly query: string;
    }
  | { readonly kind: 'live' | 'ready' | 'metrics' | 'openapi' | 'preflight' | 'subject-page' }
  | { readonly kind: 'refused'; readonly operation: string; readonly status: 400 | 404; readonly error: ServiceError };

const targetPrefix = 'RekognitionService.';
const plainPaths: ReadonlyMap<string, 'live' | 'ready' | 'metrics' | 'openapi'> = new Map([
  ['/livez', 'live'],
  ['/readyz', 'ready'],
  ['/metrics', 'metrics'],
  [`${ownPathPrefix}/openapi.json`, 'openapi'],
]);

/** Finds a request's route by its method, path and headers alone. */
export function routeOf(request: IncomingMessage): Route {
  const { path, query } = splitTarget(request.url ?? '/');
  const { method = 'GET' } = request;
  if (method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined)
    return { kind: 'preflight' };
  const plain = plainPaths.get(path);
  if (plain !== undefined && (method === 'GET' || method === 'HEAD')) return { kind: plain };
  if (path === subjectPagePath && ['GET', 'HEAD', 'POST'].includes(method)) return { kind: 'subject-page' };
  if (path === '/' && method === 'POST') return rekognitionRoute(request);
  for (const [name, row] of Object.entries(ownOperations)) {
    if (path === `${ownPathPrefix}${row.path}` && method === row.method) {
      return { kind: 'own', operation: name as OwnOperationName, row, query };
    }
  }
  return unknown('There is nothing at this path for this method.', 404);
}

function rekognitionRoute(request: IncomingMessage): Route {
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (contentType !== 'application/x-amz-json-1.1' && contentType !== 'application/x-amz-json-1.0') {
    return unknown('The content type must be application/x-amz-json-1.1.');
  }
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string' || !target.startsWith(targetPrefix)) {
    return unknown(`X-Amz-Target must name an operation of RekognitionService.`);
  }
  const operation = target.slice(targetPrefix.length);
  if (!Object.hasOwn(operations, operation)) return unknown('Rekognition has no such operation.');
  const name = operation as OperationName;
  if (operations[name].status === 'built') return { kind: 'rekognition', operation: name };
  return {
    ...unknown(`${name} is not built in this version of Likeness; README.md lists the operations that are.`),
    operation: name,
  };
}

function unknown(message: string, status: 400 | 404 = 400): Route & { kind: 'refused' } {
  return {
    kind: 'refused',
    operation: 'unknown',
    status,
    error: new ServiceError('UnknownOperationException', message),
  };
}
