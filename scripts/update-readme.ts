/**
 * Writes what the contract generates: README's table of operations and docs/openapi.json.
 * `node scripts/tool.mjs scripts/update-readme`
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument, withSupportTable } from '../src/contract/index.ts';
import { packageRoot } from '../src/shared/package-root.ts';

const root = packageRoot();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs', 'openapi.json'), `${JSON.stringify(openApiDocument(version), null, 2)}\n`);
const readme = join(root, 'README.md');
if (existsSync(readme)) writeFileSync(readme, withSupportTable(readFileSync(readme, 'utf8')));
