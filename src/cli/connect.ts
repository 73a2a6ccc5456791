import { existsSync, readFileSync } from 'node:fs';
import { Rekognition } from '@aws-sdk/client-rekognition';
import {
  type ComposeOptions,
  callerOfCredentials,
  compose,
  dataFiles,
  type House,
  readCredentialsIni,
} from '../compose.ts';
import { type Config, isLoopback, loadConfig, readEnvironment } from '../config/index.ts';
import { likenessOver, type RekognitionMethods } from '../library.ts';
import type { PurposeName } from '../shared/purpose-names.ts';
import { folderHolder } from './folder-holder.ts';
import { passphraseVariable } from './moving/passphrase-variable.ts';
import type { Terminal } from './output.ts';
import { type CallOwn, type Credentials, ownApiOf, ownApiOver } from './own-api.ts';
import { createProgress } from './progress.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly config?: string;
  readonly endpoint?: string;
  /** An AWS credentials file: the key, and so the person, that the command acts for. */
  readonly credentials?: string;
  readonly json?: boolean;
}

/** The environment with the options of the command line over it. */
export function environmentOf(options: GlobalOptions): Readonly<Record<string, string | undefined>> {
  // A secret of one command, and no setting.
  const { [passphraseVariable]: _passphrase, ...environment } = readEnvironment();
  return {
    ...environment,
    ...(options.dataDir !== undefined && { LIKENESS_DATA_DIR: options.dataDir }),
    ...(options.config !== undefined && { LIKENESS_CONFIG: options.config }),
  };
}

/** @throws {ConfigError} */
export function configOf(options: GlobalOptions): Config {
  return loadConfig({ env: environmentOf(options), cwd: process.cwd() });
}

/** The operations, wherever they run. */
export interface Connection {
  readonly api: RekognitionMethods;
  /** Likeness' own operations. */
  readonly own: CallOwn;
  /** `http://127.0.0.1:4480`, or `this process`. */
  readonly where: string;
  close(): Promise<void>;
}

/** The address that a configuration serves under. */
export function addressOf(config: Config): string {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return `${config.tls ? 'https' : 'http'}://${host}:${config.port}`;
}

/** Whether a Likeness server answers there. */
async function isServing(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/livez`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * Reaches the operations: over HTTP where an endpoint is named or the server of this data folder runs, because the
 * folder is then the server's; else inside this process. It acts for the key of `--credentials`, or for the
 * operator's own.
 *
 * @param needs.purpose what calls without a collection run under, where this process's own operator makes them
 * @param needs.onHeaders takes what an answer of {@link Connection.api} tells in headers
 * @param needs.vision false for a command that looks at no image, so that no model is loaded for it
 */
export async function connect(
  options: GlobalOptions,
  terminal: Terminal,
  needs: {
    readonly vision?: boolean;
    readonly purpose?: PurposeName;
    readonly onHeaders?: (headers: Readonly<Record<string, string>>) => void;
  } = {},
): Promise<Connection> {
  const config = configOf(options);
  const endpoint = options.endpoint ?? addressOf(config);
  if (options.endpoint !== undefined || (mayBeServed(config, options) && (await isServing(endpoint)))) {
    const credentialsFile = dataFiles(config).credentials;
    // A server on this machine is most likely this data folder's; keys never go elsewhere by themselves.
    const own = existsSync(credentialsFile) && isLoopback(new URL(endpoint).hostname);
    const chosen = options.credentials ?? (own ? credentialsFile : undefined);
    const credentials = chosen === undefined ? undefined : readCredentialsIni(readFileSync(chosen, 'utf8'));
    const client = new Rekognition({
      endpoint,
      region: config.region,
      // The SDK's own chain (environment, ~/.aws) serves where this data folder has no key for that endpoint.
      ...(credentials && { credentials }),
    });
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (response instanceof Object && 'headers' in response) {
          needs.onHeaders?.(response.headers as Readonly<Record<string, string>>);
        }
        return result;
      },
      { step: 'deserialize' },
    );
    const chain = async (): Promise<Credentials> => {
      const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
      return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    };
    return {
      api: client as unknown as RekognitionMethods,
      own: async (name, request) =>
        ownApiOver({ endpoint, region: config.region, credentials: credentials ?? (await chain()) })(name, request),
      where: endpoint,
      close: async () => client.destroy(),
    };
  }
  const { purpose, onHeaders, ...vision } = needs;
  const house = await compose(config, { ...modelProgress(terminal), ...vision });
  const dispatch: House['dispatch'] = async (call) => {
    const answer = await house.dispatch(call);
    onHeaders?.(answer.headers);
    return answer;
  };
  try {
    const caller =
      options.credentials === undefined
        ? firstUnder(house.localCaller, purpose)
        : await callerOfCredentials(house, readCredentialsIni(readFileSync(options.credentials, 'utf8')));
    return {
      api: likenessOver({ ...house, dispatch, localCaller: caller }),
      own: ownApiOf(house, caller),
      where: 'this process',
      close: () => house.close(),
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

/**
 * Whether the server that listens at the configured address may be this data folder's. One that serves another folder
 * would be asked about the wrong people.
 */
function mayBeServed({ dataDir }: Config, options: GlobalOptions): boolean {
  const holder = folderHolder(dataDir);
  // A folder that was named, and that nobody here has ever opened, is nobody's yet.
  return holder === 'yes' || (holder === 'unknown' && options.dataDir === undefined);
}

/** The caller whose calls without a collection run under a purpose, where it may serve that purpose at all. */
function firstUnder(caller: House['localCaller'], purpose: PurposeName | undefined): House['localCaller'] {
  if (purpose === undefined || !caller.purposes.includes(purpose)) return caller;
  return { ...caller, purposes: [purpose, ...caller.purposes.filter((name) => name !== purpose)] };
}

/** Bars for the models that are fetched and converted at the first start. */
export function modelProgress(terminal: Terminal): ComposeOptions {
  const bytes = createProgress(terminal, 'bytes');
  const models = createProgress(terminal, 'models');
  let current = '';
  return {
    onModelProgress: ({ phase, item, done, total, unit }) => {
      const bar = unit === 'bytes' ? bytes : models;
      const task = phase === 'fetch' ? `Fetching ${item}` : 'Converting models';
      if (task !== current) {
        current = task;
        bytes.stop();
        models.stop();
        bar.start(task, total);
      }
      bar.update(done);
      if (done >= total) bar.stop();
    },
    onNotice: (notice) => terminal.note(notice),
  };
}
