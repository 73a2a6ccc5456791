import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RekognitionClient, type RekognitionClientConfig } from '@aws-sdk/client-rekognition';

/** Credentials as a credentials file holds them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Environment variables of the server beside the harness' own; undefined leaves one out. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a finished command left behind. */
export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real server in a process of its own. */
export interface Server {
  readonly url: string;
  readonly dataDir: string;
  readonly credentialsFile: string;
  readonly credentials: Credentials;
  readonly pid: number;
  /** An unmodified AWS client; it tries once unless told otherwise, so that every answer is seen. */
  client(config?: RekognitionClientConfig): RekognitionClient;
  /** Runs `likeness` with the server's data folder. */
  likeness(...args: string[]): Promise<Finished>;
  /** What the server wrote to standard error so far. */
  log(): string;
  /** Sends SIGTERM and waits for the end. @returns the exit code */
  stop(): Promise<number | null>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number | null>;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const startTimeoutMs = 120_000;
const keptLogCharacters = 50_000;

/** `bin/likeness.mjs`, or another installation to hold to the same tests. */
const command = process.env.LIKENESS_TEST_COMMAND ?? join(root, 'bin', 'likeness.mjs');

/** Makes an empty folder of its own under the system's temporary folder. */
export function temporaryFolder(name = 'likeness-conformance'): string {
  return mkdtempSync(join(tmpdir(), `${name}-`));
}

function environmentOf(dataDir: string, extra: Environment): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(LIKENESS|AWS)_/.test(name) || name === 'LIKENESS_MODELS_DIR',
  );
  return {
    ...Object.fromEntries(own),
    LIKENESS_PORT: '0',
    LIKENESS_DATA_DIR: dataDir,
    LIKENESS_TRUST_DIR: join(dataDir, 'trust'),
    LIKENESS_LOG_LEVEL: 'warn',
    LIKENESS_WORKERS: '1',
    ...extra,
  };
}

/** Runs the command line once, with this data folder and no server of its own. */
export function runLikeness(dataDir: string, args: readonly string[], extra: Environment = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { env: environmentOf(dataDir, extra), cwd: dataDir, maxBuffer: 64 * 2 ** 20 };
    execFile(process.execPath, [command, ...args], options, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** Reads the keys of an AWS credentials file. */
export function readCredentials(file: string): Credentials {
  const text = readFileSync(file, 'utf8');
  const value = (name: string) => new RegExp(`^${name} *= *(.+)$`, 'm').exec(text)?.[1]?.trim();
  const sessionToken = value('aws_session_token');
  return {
    accessKeyId: value('aws_access_key_id') ?? '',
    secretAccessKey: value('aws_secret_access_key') ?? '',
    ...(sessionToken !== undefined && { sessionToken }),
  };
}

/** Starts `likeness serve` and waits until it is ready. @throws {Error} with what it wrote, when it ends instead */
export async function startServer(options: { dataDir?: string; env?: Environment } = {}): Promise<Server> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const child = spawn(process.execPath, [command, 'serve'], {
    env: environmentOf(dataDir, options.env ?? {}),
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const cleanUp = () => child.kill('SIGKILL');
  process.once('exit', cleanUp);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-keptLogCharacters);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      process.off('exit', cleanUp);
      resolve(code);
    });
  });
  const url = await addressOf(child, ended, () => log);
  const credentialsFile = join(dataDir, 'aws-credentials');
  const credentials = readCredentials(credentialsFile);
  return {
    url,
    dataDir,
    credentialsFile,
    credentials,
    pid: child.pid ?? 0,
    client: (config) =>
      new RekognitionClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1, ...config }),
    likeness: (...args) => runLikeness(dataDir, args, options.env),
    log: () => log,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The address is printed once the models are loaded. */
async function addressOf(child: ChildProcess, ended: Promise<number | null>, log: () => string): Promise<string> {
  const printed = new Promise<string>((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const url = /https?:\/\/[\w.[\]:]+:\d+/.exec(text)?.[0];
      if (url !== undefined && text.includes('\n', text.indexOf(url))) resolve(url);
    });
  });
  const failed = (why: string) => new Error(`the server ${why}; it wrote:\n${log()}`);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      printed,
      ended.then((code) => Promise.reject(failed(`ended with exit code ${code} before it was ready`))),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          child.kill('SIGKILL');
          reject(failed('was not ready in time'));
        }, startTimeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Stops a server and removes its data folder; for `afterAll`, also when the start failed. */
export async function discard(server: Server | undefined): Promise<void> {
  if (server === undefined) return;
  await server.stop();
  rmSync(server.dataDir, { recursive: true, force: true });
}
