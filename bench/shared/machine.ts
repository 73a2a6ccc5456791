import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';

/** Where a measurement was made. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly sharp: string;
  /** Mean number of runnable processes over the last minute: far above the cores, other work disturbed the measurement. */
  readonly load: number;
}

/** Describes this machine, now. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
    onnxruntime: versionOf('onnxruntime-node'),
    sharp: versionOf('sharp'),
    load: loadavg()[0] ?? 0,
  };
}

function versionOf(name: string): string {
  const path = createRequire(join(packageRoot(), 'package.json')).resolve(name);
  const inside = path.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length;
  const read = JSON.parse(readFileSync(join(path.slice(0, inside), 'package.json'), 'utf8')) as { version: string };
  return read.version;
}
