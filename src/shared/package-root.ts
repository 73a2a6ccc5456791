import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds Likeness' package.json, found from this file whether it runs from src/ or compiled. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json of likeness was not found above its own code');
    folder = parent;
  }
  return folder;
}

/**
 * Reads a table of the data/ folder.
 *
 * @param name path below data/, such as `operations.json`; the caller names the type, which a test of its own holds true
 * @throws {Error} when the file is absent or not JSON
 */
export function readData<T>(name: string): T {
  return JSON.parse(readFileSync(join(packageRoot(), 'data', name), 'utf8')) as T;
}

/** The version that package.json states. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
