import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/shared/package-root.ts';

/** Packages by name, at their pinned versions. */
export type PeerPackages = Readonly<Record<string, string>>;

/** What runs nets of TensorFlow.js on Node without a native add-on. */
export const tensorFlowPackages: PeerPackages = {
  '@tensorflow/tfjs': '4.22.0',
  '@tensorflow/tfjs-backend-wasm': '4.22.0',
};

/** What a TypeScript developer would pick for faces on Node today, without a native add-on. */
export const peerPackages: PeerPackages = {
  '@vladmandic/face-api': '1.7.15',
  '@vladmandic/human': '3.3.6',
  ...tensorFlowPackages,
};

/** What a TypeScript developer would pick for text on Node today, with its English data. */
export const textPackages: PeerPackages = {
  'tesseract.js': '7.0.0',
  '@tesseract.js-data/eng': '1.0.0',
};

/** The folder the peers are installed in, below build/: they never become dependencies of Likeness. */
export function peersFolder(): string {
  return join(packageRoot(), 'build', 'peers');
}

/**
 * Installs the peers at their pinned versions, without running their scripts; does nothing where they are already.
 *
 * @param say told before the download, of up to 100 MB, begins
 * @throws {Error} when npm fails
 */
export async function ensurePeers(say: (line: string) => void, packages: PeerPackages = peerPackages): Promise<string> {
  const folder = peersFolder();
  const isThere = Object.entries(packages).every(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    return (
      existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version === version
    );
  });
  if (isThere) return folder;
  mkdirSync(folder, { recursive: true });
  // without one of its own, npm would install into the project around it
  const own = join(folder, 'package.json');
  // what another bench has installed stays
  if (!existsSync(own)) writeFileSync(own, '{ "name": "likeness-peers", "private": true }\n');
  say(`installing ${Object.keys(packages).join(', ')} into build/peers`);
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
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
