import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from './server.ts';

/**
 * Makes a models folder of its own: the models of the usual one, and no pack.
 *
 * @returns its path, for LIKENESS_MODELS_DIR
 */
export function modelsFolderOfItsOwn(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const usual = process.env.LIKENESS_MODELS_DIR || join(cache, 'likeness', 'models');
  const own = temporaryFolder('likeness-models');
  for (const name of readdirSync(usual)) if (name !== 'packs') symlinkSync(join(usual, name), join(own, name));
  return own;
}

/** Puts an operator's model into a models folder, as `likeness models pull` leaves it. */
export function placePack(modelsDir: string, id: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  const folder = join(modelsDir, 'packs', id);
  mkdirSync(folder, { recursive: true });
  const listed = Object.entries(files).map(([path, content]) => {
    const bytes = Buffer.from(content);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, `${sha256.slice(0, 16)}-${path}`), bytes);
    return { path, bytes: bytes.length, sha256, pinnedBy: 'operator' };
  });
  const record = {
    format: 1,
    id,
    files: listed,
    licence: 'Apache-2.0',
    commercialUse: true,
    installedAt: '2026-01-01T00:00:00.000Z',
  };
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(record));
}
