/** Writes what tables generate: README's sections and docs/openapi.json. `npm run update:readme` */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../src/contract/index.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { withGeneratedSections } from './readme-tables.ts';

const root = packageRoot();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs', 'openapi.json'), `${JSON.stringify(openApiDocument(version), null, 2)}\n`);
const readme = join(root, 'README.md');
writeFileSync(readme, withGeneratedSections(readFileSync(readme, 'utf8')));
