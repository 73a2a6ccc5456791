import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/shared/package-root.ts';

/** What a TypeScript developer would pick for faces on Node today, without a native add-on. */
export const peerPackages: Readonly<Record<string, string>> = {
  '@vladmandic/face-api': '1.7.15',
  '@vladmandic/human': '3.3.6',
  '@tensorflow/tfjs': '4.22.0',
  '@tensorflow/tfjs-backend-wasm': '4.22.0',
};

/** The folder the peers are installed in, below build/: they never become dependencies of Likeness. */
export function peersFolder(): string {
  return join(packageRoot(), 'build', 'peers');
}

/**
 * Installs the peers at their pinned versions, without running their scripts; does nothing where they are already.
 *
 * @param say told before the download of about 100 MB begins
 * @throws {Error} when npm fails
 */
export async function ensurePeers(say: (line: string) => void): Promise<string> {
  const folder = peersFolder();
  const isThere = Object.entries(peerPackages).every(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    return (
      existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version === version
    );
  });
  if (isThere) return folder;
  mkdirSync(folder, { recursive: true });
  // without one of its own, npm would install into the project around it
  writeFileSync(join(folder, 'package.json'), '{ "name": "likeness-peers", "private": true }\n');
  say(`installing ${Object.keys(peerPackages).join(', ')} into build/peers`);
  const wanted = Object.entries(peerPackages).map(([name, version]) => `${name}@${version}`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = [
    'install',
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--save-exact',
    ...wanted,
  ];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(npm, args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: npm.endsWith('.cmd'),
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm install of the peers ended with ${code}`)),
    );
  });
  return folder;
}
