import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
  /** Another client with connections of its own. */
  connect(): Rekognition;
  /** Bytes that the server and each of its workers hold now, the server first; empty where the system does not tell it. */
  heldBytes(): readonly number[];
  /** A figure of the server's metrics, 0 where it has none of that name. */
  metric(name: string): Promise<number>;
  /** The most memory that server and workers held together, bytes; undefined where the system does not tell it. */
  peakBytes(): number | undefined;
  close(): Promise<void>;
}

const region = 'us-east-1';

/**
 * Starts `likeness serve`.
 *
 * @param options.dataDir kept when the server ends; a new folder that goes with it when left out
 * @param options.env further settings of the server
 * @throws {Error} when it ends before it is ready
 */
export async function startServer(options: {
  readonly workers: number;
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<BenchServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'likeness-bench-'));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'likeness.mjs'), 'serve'], {
    cwd: dataDir,
    env: {
      ...process.env,
      LIKENESS_DATA_DIR: dataDir,
      LIKENESS_TRUST_DIR: join(dataDir, 'trust'),
      LIKENESS_PORT: '0',
      LIKENESS_WORKERS: `${options.workers}`,
      LIKENESS_LOG_LEVEL: 'error',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const endpoint = await addressOf(child);
  const credentials = readCredentialsIni(readFileSync(join(dataDir, 'aws-credentials'), 'utf8'));
  const clients: Rekognition[] = [];
  const connect = (): Rekognition => {
    const client = new Rekognition({ endpoint, region, credentials, maxAttempts: 10 });
    clients.push(client);
    return client;
  };
  return {
    api: connect(),
    connect,
    async metric(name) {
      const text = await (await fetch(`${endpoint}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    },
    heldBytes: () => bytesOf(child.pid ?? 0, 'VmRSS'),
    own: ownApiOver({ endpoint, region, credentials }),
    peakBytes() {
      const peaks = bytesOf(child.pid ?? 0, 'VmHWM');
      return peaks.length === 0 ? undefined : peaks.reduce((sum, bytes) => sum + bytes, 0);
    },
    async close() {
      for (const client of clients) client.destroy();
      child.kill('SIGTERM');
      await ended;
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
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

/** A field of a process and of its children; Linux alone tells them. */
function bytesOf(pid: number, field: 'VmRSS' | 'VmHWM'): readonly number[] {
  try {
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => statusOf(name, 'PPid') === pid);
    return [`${pid}`, ...children].map((name) => 1024 * (statusOf(name, field) ?? 0));
  } catch {
    return [];
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
