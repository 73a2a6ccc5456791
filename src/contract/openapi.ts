import type { JsonSchema } from './json-schema.ts';
import { commonErrors } from './operations.ts';
import { type OwnOperationRow, ownOperations, ownPathPrefix } from './own-operations.ts';
import { errorStatus } from './service-error.ts';

/**
 * The OpenAPI 3.1 document of Likeness' own operations, made from their table. docs/openapi.json holds it, and the
 * server answers it at `/likeness/v1/openapi.json`.
 *
 * @param version the version of the package, such as 0.1.0
 */
export function openApiDocument(version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  const rows: [string, OwnOperationRow][] = Object.entries(ownOperations);
  for (const [name, row] of rows) {
    const path = `${ownPathPrefix}${row.path}`;
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operationObject(name, row) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Likeness',
      version,
      description:
        'What Likeness adds to the Amazon Rekognition API. Requests are signed with AWS Signature Version 4, service ' +
        '`rekognition`, by the same keys. Errors have the same form and status as those of the Rekognition API.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ signatureV4: [] }],
    paths,
    components: {
      securitySchemes: {
        signatureV4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4; see the Signature Version 4 documentation of AWS.',
        },
      },
      schemas: {
        Error: {
          type: 'object',
          properties: {
            __type: { type: 'string', enum: Object.keys(errorStatus) },
            Code: { type: 'string' },
            Logref: { type: 'string', format: 'uuid' },
            Message: { type: 'string' },
          },
          required: ['__type', 'Code', 'Logref', 'Message'],
        },
      },
    },
  };
}

function operationObject(name: string, row: OwnOperationRow): Record<string, unknown> {
  const json = (schema: JsonSchema) => ({ content: { 'application/json': { schema } } });
  const errors = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };
  const input =
    row.method === 'GET'
      ? { parameters: queryParameters(row) }
      : { requestBody: { required: false, ...json(row.request) } };
  return {
    operationId: name,
    summary: row.summary,
    ...(row.roles === 'token' && { security: [] }),
    ...input,
    responses: {
      200: { description: 'The answer.', ...json(row.response) },
      400: { description: `One of: ${[...row.errors, ...commonErrors, 'ValidationException'].join(', ')}.`, ...errors },
      500: { description: 'InternalServerError; the cause is in the log under the request id.', ...errors },
    },
  };
}

function queryParameters(row: OwnOperationRow): readonly unknown[] {
  return Object.entries(row.request.properties ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: row.request.required?.includes(name) ?? false,
    ...(description !== undefined && { description }),
    schema,
  }));
}
