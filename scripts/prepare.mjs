// What `npm start`, `npm test` and bin/likeness.mjs need before any TypeScript can run: the dependencies and the
// build. Plain JavaScript without dependencies, because at that moment nothing is installed. npm's pre-scripts cannot
// do this: the project's .npmrc silences them (`ignore-scripts`), so that onnxruntime-node downloads nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const leastNode = [20, 19];

/** Ends the process with what to do when this Node.js is too old. */
export function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return;
  console.error(`Likeness needs Node.js ${leastNode.join('.')} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

function stamped(file, value) {
  return existsSync(file) && readFileSync(file, 'utf8') === value;
}

function run(label, command, args) {
  console.error(label);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs the locked dependencies unless this very lock file was installed before. */
export function ensureInstalled() {
  const stamp = join(root, 'node_modules', '.likeness-installed');
  const wanted = digest([
    readFileSync(join(root, 'package-lock.json')),
    process.versions.modules,
    process.platform,
    process.arch,
  ]);
  if (stamped(stamp, wanted)) return;
  run('Installing the dependencies (npm ci) ...', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  writeFileSync(stamp, wanted);
}

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

function sourceDigest(folders) {
  const parts = [];
  for (const folder of folders) {
    for (const file of filesBelow(join(root, folder))) {
      const { size, mtimeMs } = statSync(file);
      parts.push(`${file} ${size} ${mtimeMs}`);
    }
  }
  return digest([...parts.sort(), readFileSync(join(root, 'package-lock.json'))]);
}

function ensureCompiled({ project, into, from, label }) {
  const stamp = join(root, into, '.likeness-built');
  const wanted = sourceDigest(from);
  if (stamped(stamp, wanted)) return;
  run(label, process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', project]);
  mkdirSync(join(root, into), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Compiles src/ to dist/ unless these very files were compiled before. */
export function ensureBuilt() {
  ensureCompiled({ project: 'tsconfig.build.json', into: 'dist', from: ['src'], label: 'Building ...' });
}

/** Compiles the evaluations, benchmarks and training scripts to build/tools. */
export function ensureToolsBuilt() {
  ensureCompiled({
    project: 'tsconfig.tools.json',
    into: join('build', 'tools'),
    from: ['src', 'bench', 'evals', 'scripts'],
    label: 'Building the tools ...',
  });
}
