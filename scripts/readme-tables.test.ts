import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../src/shared/package-root.ts';
import { withGeneratedSections } from './readme-tables.ts';

it('README states the operations, the calibration and the models as the tables have them (npm run update:readme)', () => {
  const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
  expect(readme).toBe(withGeneratedSections(readme));
});
