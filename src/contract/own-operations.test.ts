import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../shared/package-root.ts';
import {
  addShapes,
  createConstraintCheck,
  type OwnRequestOf,
  type OwnResponseOf,
  openApiDocument,
  operations,
  ownOperations,
  renderSupportTable,
} from './index.ts';

describe("Likeness' own operations", () => {
  it('share no name with those of Rekognition', () => {
    for (const name of Object.keys(ownOperations)) expect(Object.keys(operations)).not.toContain(name);
  });

  it('are typed and validated by their schemas', () => {
    const request: OwnRequestOf<'ListAuditRecords'> = { after: 3, limit: 5000 };
    const response: OwnResponseOf<'VerifyAudit'> = { intact: true, entries: 0 };
    const shapes = addShapes({}, 'Request', ownOperations.ListAuditRecords.request);
    expect(createConstraintCheck(shapes)('Request', request)).toEqual([
      "Value '5000' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ]);
    expect(response.intact).toBe(true);
  });

  it('are described by docs/openapi.json as it would be generated now', () => {
    const root = packageRoot();
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const kept: unknown = JSON.parse(readFileSync(join(root, 'docs', 'openapi.json'), 'utf8'));
    expect(kept, 'run: node scripts/tool.mjs scripts/update-readme').toEqual(
      JSON.parse(JSON.stringify(openApiDocument(version))),
    );
  });
});

describe('the support table', () => {
  it('names each operation once', () => {
    const table = renderSupportTable();
    for (const name of Object.keys(operations)) expect(table.split(`\`${name}\``)).toHaveLength(2);
  });
});
