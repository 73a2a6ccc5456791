import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes empty folders for the tests of a file; they are removed after the last of them. */
export function temporaryFolders(name: string): () => string {
  const root = mkdtempSync(join(tmpdir(), `likeness-${name}-`));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => mkdtempSync(join(root, 'data-'));
}
