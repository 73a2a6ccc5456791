import { existsSync } from 'node:fs';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { PurposeName } from '../shared/purpose-names.ts';
import type { Environment } from './env.ts';
import { readSettings, type SettingSource, type SettingValue } from './read-settings.ts';
import { type Setting, type SettingKey, settings, variableOf } from './settings.ts';

/** Every setting of a server, typed and free of contradictions. */
export interface Config {
  readonly host: string;
  /** 0..65535; 0 takes a free one. */
  readonly port: number;
  /** Absolute paths. */
  readonly dataDir: string;
  /** What must not share the data's fate: master key, public key, tombstones. */
  readonly trustDir: string;
  readonly masterKey: MasterKeyConfig;
  readonly audit: {
    /** Absolute; absent: checkpoints stand beside the log only. */
    readonly anchorFile?: string;
    readonly checkpointRecords: number;
    readonly checkpointMinutes: number;
  };
  /** What the search index may hold. */
  readonly indexMemoryBytes: number;
  readonly backups: {
    /** Absolute. */
    readonly dir: string;
    /** Days after which one expires. */
    readonly keepDays: number;
  };
  readonly modelsDir: string;
  readonly bucketsDir?: string;
  /** Absent where no S3 setting is given. */
  readonly s3?: S3Config;
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
  /** Named in receipts where a grant names no one. */
  readonly controller: string;
  readonly profile: 'accurate' | 'fast' | 'sface';
  readonly faceDetector: 'faceboxes' | 'yunet';
  readonly workers: number;
  readonly queueLimit: number;
  readonly requestTimeoutMs: number;
  /** Whether requests must be signed; false on a loopback host only. */
  readonly signatures: boolean;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly corsOrigins: readonly string[];
  /** Decides which licences allow a model here. */
  readonly deployment: 'commercial' | 'non-commercial';
  readonly defaultPurpose: PurposeName;
  /** The gallery that RecognizeCelebrities searches; absent: nobody is recognised. */
  readonly celebrityCollection?: string;
  readonly photoLibraryAttributes: readonly ('emotions' | 'gender')[];
  readonly review: {
    readonly caseDays: number;
    /** Of the cases that can be seeded; 0.05..0.5. */
    readonly seedShare: number;
  };
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly imageLimits: {
    /** Within a request. */
    readonly maxBytes: number;
    /** In a bucket. */
    readonly maxObjectBytes: number;
    readonly maxPixels: number;
    /** In pixels. */
    readonly minSide: number;
  };
  readonly maxBodyBytes: number;
  readonly collectionMaxFaces: number;
  readonly maxCollections: number;
  /** What is allowed but should be known, one sentence each. */
  readonly warnings: readonly string[];
  /** The table behind {@link describeConfig}; secrets are masked. */
  readonly rows: readonly ConfigRow[];
}

/** Where the master key comes from; secrets behind functions, so that writing the configuration out cannot write them. */
export interface MasterKeyConfig {
  readonly source:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'text'; readonly name: string; readonly read: () => string }
    | { readonly kind: 'command'; readonly command: string };
  /** The one before, while it is being replaced. */
  readonly previous?: () => string;
}

/** Where objects of buckets are read from beside folders. */
export interface S3Config {
  readonly endpoint?: string;
  readonly region: string;
  readonly forcePathStyle: boolean;
  /** A function, so that writing the configuration out cannot write the secret; absent: the AWS SDK's own chain. */
  readonly credentials?: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
}

/** One setting as `likeness config` prints it. */
export interface ConfigRow {
  /** The environment variable. */
  readonly name: string;
  /** Empty where nothing is set; `********` for a secret. */
  readonly value: string;
  readonly source: SettingSource;
  readonly description: string;
}

/** Settings that cannot be served under; the message names each and what to change. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** What defaults depend on. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

/** What a configuration is loaded from. */
export interface ConfigSources {
  readonly env: Environment;
  /** Working folder, absolute. */
  readonly cwd: string;
  /** Absent: this machine. */
  readonly machine?: Machine;
}

/**
 * Loads the configuration: the environment wins over the configuration file, which wins over the defaults.
 *
 * @throws {ConfigError} naming every invalid value, unknown name and contradiction at once
 */
export function loadConfig({ env, cwd, machine = thisMachine() }: ConfigSources): Config {
  const { values, problems, warnings } = readSettings(env, { cwd, home: machine.home });
  if (problems.length > 0) throw new ConfigError(problems);
  const filled = withWorkedOutDefaults(values, env, machine);
  const config = typed(filled, warnings);
  const contradictions = findContradictions(config, filled);
  if (contradictions.length > 0) throw new ConfigError(contradictions);
  return config;
}

/** Every setting with its value, where it comes from and what it does; secrets are masked. */
export function describeConfig(config: Config): readonly ConfigRow[] {
  return config.rows;
}

/** True for addresses and names that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host);
}

type Values = ReadonlyMap<SettingKey, SettingValue>;

function thisMachine(): Machine {
  return { platform: process.platform, home: homedir(), cores: availableParallelism(), memoryBytes: memoryOfMachine() };
}

function withWorkedOutDefaults(values: Values, env: Environment, machine: Machine): Values {
  const filled = new Map(values);
  const fill = (key: SettingKey, value: string) => {
    if (filled.get(key)?.value === undefined) filled.set(key, { value, source: 'default' });
  };
  fill('models_dir', join(cacheFolder(env, machine), 'likeness', 'models'));
  const trustDir = filled.get('trust_dir')?.value ?? `${filled.get('data_dir')?.value ?? ''}-trust`;
  fill('trust_dir', trustDir);
  fill('index_memory_mib', `${Math.max(16, Math.floor((0.6 * machine.memoryBytes) / 2 ** 20))}`);
  fill('backup_dir', `${filled.get('data_dir')?.value ?? ''}-backups`);
  if (values.get('master_key')?.value === undefined && values.get('master_key_command')?.value === undefined) {
    fill('master_key_file', join(trustDir, 'master-key'));
  }
  fill('workers', String(Math.min(machine.cores, 256)));
  if (usesS3(values)) {
    fill('s3_region', values.get('region')?.value ?? '');
    fill('s3_path_style', values.get('s3_endpoint')?.value === undefined ? 'off' : 'on');
  }
  return filled;
}

function cacheFolder(env: Environment, { platform, home }: Machine): string {
  if (platform === 'win32') return env.LOCALAPPDATA || join(home, 'AppData', 'Local');
  // The XDG specification has relative paths ignored.
  if (env.XDG_CACHE_HOME?.startsWith('/')) return env.XDG_CACHE_HOME;
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

function usesS3(values: Values): boolean {
  return [...values].some(([key, { value }]) => key.startsWith('s3_') && value !== undefined);
}

/** The one place that casts: every value was checked against its row's type, and a test reads each back. */
function typed(values: Values, fileWarnings: readonly string[]): Config {
  const optional = (key: SettingKey) => values.get(key)?.value;
  const text = <T extends string = string>(key: SettingKey) => (optional(key) ?? '') as T;
  const integer = (key: SettingKey) => Number(text(key));
  const list = <T extends string = string>(key: SettingKey) => text(key).split(',').filter(Boolean) as T[];

  const bucketsDir = optional('buckets_dir');
  const anchorFile = optional('audit_anchor_file');
  const certFile = optional('tls_cert_file');
  const keyFile = optional('tls_key_file');
  const celebrityCollection = optional('celebrity_collection');
  const config = {
    host: text('host'),
    port: integer('port'),
    dataDir: text('data_dir'),
    trustDir: text('trust_dir'),
    masterKey: masterKeyConfig(optional),
    audit: {
      ...(anchorFile === undefined ? {} : { anchorFile }),
      checkpointRecords: integer('audit_checkpoint_records'),
      checkpointMinutes: integer('audit_checkpoint_minutes'),
    },
    backups: { dir: text('backup_dir'), keepDays: integer('backup_days') },
    indexMemoryBytes: integer('index_memory_mib') * 2 ** 20,
    modelsDir: text('models_dir'),
    ...(bucketsDir === undefined ? {} : { bucketsDir }),
    ...(usesS3(values) ? { s3: s3Config(optional) } : {}),
    region: text('region'),
    accountId: text('account_id'),
    controller: text('controller'),
    profile: text<Config['profile']>('profile'),
    faceDetector: text<Config['faceDetector']>('face_detector'),
    workers: integer('workers'),
    queueLimit: integer('queue_limit'),
    requestTimeoutMs: integer('request_timeout_ms'),
    signatures: text('signatures') === 'on',
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile, keyFile } }),
    corsOrigins: list('cors_origins'),
    deployment: text<Config['deployment']>('deployment'),
    defaultPurpose: text<Config['defaultPurpose']>('default_purpose'),
    ...(celebrityCollection === undefined ? {} : { celebrityCollection }),
    photoLibraryAttributes: list<'emotions' | 'gender'>('photo_library_attributes'),
    review: { caseDays: integer('review_case_days'), seedShare: integer('review_seed_percent') / 100 },
    logLevel: text<Config['logLevel']>('log_level'),
    imageLimits: {
      maxBytes: integer('image_max_bytes'),
      maxObjectBytes: integer('image_max_object_bytes'),
      maxPixels: integer('image_max_pixels'),
      minSide: integer('image_min_side'),
    },
    maxBodyBytes: integer('max_body_bytes'),
    collectionMaxFaces: integer('collection_max_faces'),
    maxCollections: integer('max_collections'),
    rows: settings.map((setting) => rowOf(setting, values.get(setting.key))),
  };
  return { ...config, warnings: [...fileWarnings, ...warningsOf(config)] };
}

function masterKeyConfig(optional: (key: SettingKey) => string | undefined): MasterKeyConfig {
  const key = optional('master_key');
  const command = optional('master_key_command');
  const previous = optional('master_key_previous');
  return {
    source:
      key !== undefined
        ? { kind: 'text', name: variableOf('master_key'), read: () => key }
        : command !== undefined
          ? { kind: 'command', command }
          : { kind: 'file', path: optional('master_key_file') ?? '' },
    ...(previous !== undefined && { previous: () => previous }),
  };
}

function s3Config(optional: (key: SettingKey) => string | undefined): S3Config {
  const endpoint = optional('s3_endpoint');
  const accessKeyId = optional('s3_access_key_id');
  const secretAccessKey = optional('s3_secret_access_key');
  const sessionToken = optional('s3_session_token');
  const hasKey = accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    region: optional('s3_region') ?? '',
    forcePathStyle: optional('s3_path_style') === 'on',
    ...(hasKey
      ? { credentials: async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }) }
      : {}),
  };
}

function rowOf(setting: Setting & { key: SettingKey }, read: SettingValue | undefined): ConfigRow {
  const value = read?.value ?? '';
  return {
    name: variableOf(setting.key),
    value: setting.secret && value !== '' ? '********' : value,
    source: read?.source ?? 'default',
    description: setting.description,
  };
}

/** What each value allows alone but not together, with what to change. */
function findContradictions(config: Config, values: Values): string[] {
  const given = (key: SettingKey) => values.get(key)?.value !== undefined;
  const problems: string[] = [];
  for (const [one, other] of [
    ['tls_cert_file', 'tls_key_file'],
    ['tls_key_file', 'tls_cert_file'],
    ['s3_access_key_id', 's3_secret_access_key'],
    ['s3_secret_access_key', 's3_access_key_id'],
    ['s3_session_token', 's3_access_key_id'],
  ] as const) {
    if (given(one) && !given(other))
      problems.push(`${variableOf(one)} is set without ${variableOf(other)}: set both or neither`);
  }
  const sources = (['master_key', 'master_key_file', 'master_key_command'] as const).filter(given);
  if (sources.length > 1) {
    problems.push(`${sources.map(variableOf).join(' and ')} are set: the master key comes from one place only`);
  }
  if (!config.signatures && !isLoopback(config.host)) {
    problems.push(
      `LIKENESS_SIGNATURES is off while LIKENESS_HOST is ${config.host}, which others may reach: turn signatures on, or listen on 127.0.0.1`,
    );
  }
  for (const origin of config.corsOrigins) {
    if (!isOrigin(origin)) {
      problems.push(
        `LIKENESS_CORS_ORIGINS holds ${origin}: name each origin in full, such as https://console.example.org`,
      );
    }
  }
  const endpoint = config.s3?.endpoint;
  if (endpoint !== undefined && !isPlainUrl(endpoint)) {
    problems.push('LIKENESS_S3_ENDPOINT is no URL of a service: leave out user, password, query and fragment');
  }
  if (config.bucketsDir !== undefined && overlap(config.bucketsDir, config.dataDir)) {
    problems.push(
      'LIKENESS_BUCKETS_DIR and LIKENESS_DATA_DIR lie within each other, so that the database would be a bucket: part them',
    );
  }
  // Base64 within JSON: four characters for three bytes.
  const smallestBody = Math.ceil(config.imageLimits.maxBytes / 3) * 4 + 1024;
  if (smallestBody > config.maxBodyBytes) {
    problems.push(
      `LIKENESS_IMAGE_MAX_BYTES does not fit into LIKENESS_MAX_BODY_BYTES as Base64: raise the latter to ${smallestBody} at least`,
    );
  }
  return problems;
}

function warningsOf(config: Omit<Config, 'warnings'>): string[] {
  const warnings: string[] = [];
  if (!isLoopback(config.host) && config.tls === undefined) {
    warnings.push(
      `${config.host} is reachable by others without TLS: signatures keep requests from being forged, but images and answers can be read on the way; set LIKENESS_TLS_CERT_FILE and LIKENESS_TLS_KEY_FILE`,
    );
  }
  if (!config.signatures) warnings.push('signatures are off: every program on this machine may call the server');
  if (config.bucketsDir !== undefined && !existsSync(config.bucketsDir)) {
    warnings.push(
      `LIKENESS_BUCKETS_DIR is ${config.bucketsDir}, where there is no folder yet: no bucket will be found in it`,
    );
  }
  return warnings;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === '';
}

/** True when one folder is the other or lies within it. */
function overlap(a: string, b: string): boolean {
  const within = (path: string) => path === '' || !(path === '..' || path.startsWith(`..${sep}`));
  return within(relative(a, b)) || within(relative(b, a));
}

/** In bytes: the machine's, or less where a container bounds it. */
function memoryOfMachine(): number {
  const bound = process.constrainedMemory();
  return bound > 0 ? Math.min(totalmem(), bound) : totalmem();
}
