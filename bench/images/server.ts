import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rekognition } from '@aws-sdk/client-rekognition';
import { type CallOwn, ownApiOver } from '../../src/cli/own-api.ts';
import { readCredentialsIni } from '../../src/compose.ts';
import { packageRoot } from '../../src/shared/package-root.ts';

/** A server in a process of its own, as users start it. */
export interface BenchServer {
  readonly api: Rekognition;
  readonly own: CallOwn;
  /** The most memory that server and workers held together, bytes; undefined where the system does not tell it. */
  peakBytes(): number | undefined;
  close(): Promise<void>;
}

const region = 'us-east-1';

/** Starts `likeness serve` in a new folder. @throws {Error} when it ends before it is ready */
export async function startServer(workers: number): Promise<BenchServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'likeness-bench-'));
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'likeness.mjs'), 'serve'], {
    cwd: dataDir,
    env: {
      ...process.env,
      LIKENESS_DATA_DIR: dataDir,
      LIKENESS_TRUST_DIR: join(dataDir, 'trust'),
      LIKENESS_PORT: '0',
      LIKENESS_WORKERS: `${workers}`,
      LIKENESS_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const endpoint = await addressOf(child);
  const credentials = readCredentialsIni(readFileSync(join(dataDir, 'aws-credentials'), 'utf8'));
  const api = new Rekognition({ endpoint, region, credentials, maxAttempts: 10 });
  return {
    api,
    own: ownApiOver({ endpoint, region, credentials }),
    peakBytes: () => peakOf(child.pid ?? 0),
    async close() {
      api.destroy();
      child.kill('SIGTERM');
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const url = /https?:\/\/[\w.[\]:]+:\d+/.exec(text)?.[0];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
  });
}

/** Peaks of a process and its children, added up; Linux alone tells them. */
function peakOf(pid: number): number | undefined {
  try {
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => statusOf(name, 'PPid') === pid);
    return [`${pid}`, ...children].reduce((sum, name) => sum + 1024 * (statusOf(name, 'VmHWM') ?? 0), 0);
  } catch {
    return undefined;
  }
}

function statusOf(pid: string, field: string): number | undefined {
  try {
    const value = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return value === undefined ? undefined : Number(value);
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}
