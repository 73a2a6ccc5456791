import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../shared/package-root.ts';
import {
  type Config,
  ConfigError,
  configurationPage,
  describeConfig,
  type Environment,
  isLoopback,
  loadConfig,
  type Machine,
  readEnvironment,
} from './index.ts';
import { settings, variableOf } from './settings.ts';

let cwd: string;
const machine: Machine = { platform: 'linux', home: '/home/someone', cores: 6, memoryBytes: 10 * 2 ** 30 };

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'likeness-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const load = (env: Environment = {}, own: Partial<Machine> = {}): Config =>
  loadConfig({ env, cwd, machine: { ...machine, ...own } });

function problemsOf(env: Environment): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function writeFile(text: string, name = 'likeness.toml', mode = 0o600): string {
  const path = join(cwd, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('defaults', () => {
  it('serve loopback, signed, from the working folder', () => {
    expect(load()).toMatchObject({
      host: '127.0.0.1',
      port: 4480,
      dataDir: join(cwd, '.likeness'),
      modelsDir: '/home/someone/.cache/likeness/models',
      region: 'us-east-1',
      accountId: '000000000000',
      profile: 'accurate',
      faceDetector: 'faceboxes',
      workers: 6,
      signatures: true,
      corsOrigins: [],
      defaultPurpose: 'photo-library',
      photoLibraryAttributes: [],
      logLevel: 'info',
      imageLimits: { maxBytes: 5_242_880, maxObjectBytes: 15_728_640, maxPixels: 100_000_000, minSide: 80 },
      maxBodyBytes: 16_777_216,
      collectionMaxFaces: 10_000_000,
      warnings: [],
    });
  });

  it('leave out what is not set', () => {
    const config = load();
    for (const key of ['bucketsDir', 'celebrityCollection', 's3', 'tls']) expect(config).not.toHaveProperty(key);
  });

  it("find the user's cache folder on each system", () => {
    const modelsDir = (env: Environment, platform: NodeJS.Platform) => load(env, { platform }).modelsDir;
    expect(modelsDir({ XDG_CACHE_HOME: '/var/cache/me' }, 'linux')).toBe('/var/cache/me/likeness/models');
    expect(modelsDir({ XDG_CACHE_HOME: 'relative' }, 'linux')).toBe('/home/someone/.cache/likeness/models');
    expect(modelsDir({}, 'darwin')).toBe('/home/someone/Library/Caches/likeness/models');
    expect(modelsDir({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/likeness/models');
  });
});

describe('the environment', () => {
  it('reaches every field with its type', () => {
    mkdirSync(join(cwd, 'photos'));
    const config = load({
      LIKENESS_HOST: '0.0.0.0',
      LIKENESS_PORT: '0',
      LIKENESS_DATA_DIR: 'data',
      LIKENESS_TRUST_DIR: '~/trust',
      LIKENESS_MASTER_KEY_COMMAND: 'kms decrypt',
      LIKENESS_AUDIT_ANCHOR_FILE: '~/anchor',
      LIKENESS_AUDIT_CHECKPOINT_RECORDS: '9',
      LIKENESS_AUDIT_CHECKPOINT_MINUTES: '10',
      LIKENESS_BACKUP_DIR: '~/backups',
      LIKENESS_BACKUP_DAYS: '14',
      LIKENESS_INDEX_MEMORY_MIB: '2048',
      LIKENESS_MODELS_DIR: '~/models',
      LIKENESS_BUCKETS_DIR: 'photos',
      LIKENESS_REGION: 'eu-central-1',
      LIKENESS_ACCOUNT_ID: '123456789012',
      LIKENESS_PROFILE: 'fast',
      LIKENESS_FACE_DETECTOR: 'yunet',
      LIKENESS_WORKERS: '3',
      LIKENESS_QUEUE_LIMIT: '5',
      LIKENESS_REQUEST_TIMEOUT_MS: '2000',
      LIKENESS_TLS_CERT_FILE: 'cert.pem',
      LIKENESS_TLS_KEY_FILE: '/key.pem',
      LIKENESS_CORS_ORIGINS: 'https://a.example, http://localhost:8080,',
      LIKENESS_CONTROLLER: 'Museum of Clocks, Vienna',
      LIKENESS_DEPLOYMENT: 'non-commercial',
      LIKENESS_DEFAULT_PURPOSE: 'evaluation',
      LIKENESS_CELEBRITY_COLLECTION: 'public-figures',
      LIKENESS_PHOTO_LIBRARY_ATTRIBUTES: 'gender,emotions',
      LIKENESS_REVIEW_CASE_DAYS: '7',
      LIKENESS_REVIEW_SEED_PERCENT: '25',
      LIKENESS_LOG_LEVEL: 'debug',
      LIKENESS_IMAGE_MAX_BYTES: '2048',
      LIKENESS_IMAGE_MAX_OBJECT_BYTES: '4096',
      LIKENESS_IMAGE_MAX_PIXELS: '6400',
      LIKENESS_IMAGE_MIN_SIDE: '1',
      LIKENESS_MAX_BODY_BYTES: '8192',
      LIKENESS_COLLECTION_MAX_FACES: '7',
      LIKENESS_MAX_COLLECTIONS: '8',
    });
    const { rows: _, ...rest } = config;
    expect(rest).toEqual({
      host: '0.0.0.0',
      port: 0,
      dataDir: join(cwd, 'data'),
      trustDir: '/home/someone/trust',
      masterKey: { source: { kind: 'command', command: 'kms decrypt' } },
      audit: { anchorFile: '/home/someone/anchor', checkpointRecords: 9, checkpointMinutes: 10 },
      backups: { dir: '/home/someone/backups', keepDays: 14 },
      indexMemoryBytes: 2 ** 31,
      modelsDir: '/home/someone/models',
      bucketsDir: join(cwd, 'photos'),
      region: 'eu-central-1',
      accountId: '123456789012',
      profile: 'fast',
      faceDetector: 'yunet',
      workers: 3,
      queueLimit: 5,
      requestTimeoutMs: 2000,
      signatures: true,
      tls: { certFile: join(cwd, 'cert.pem'), keyFile: '/key.pem' },
      corsOrigins: ['https://a.example', 'http://localhost:8080'],
      controller: 'Museum of Clocks, Vienna',
      deployment: 'non-commercial',
      defaultPurpose: 'evaluation',
      celebrityCollection: 'public-figures',
      photoLibraryAttributes: ['gender', 'emotions'],
      review: { caseDays: 7, seedShare: 0.25 },
      logLevel: 'debug',
      imageLimits: { maxBytes: 2048, maxObjectBytes: 4096, maxPixels: 6400, minSide: 1 },
      maxBodyBytes: 8192,
      collectionMaxFaces: 7,
      maxCollections: 8,
      warnings: [],
    });
  });

  it('takes the master key from one place, and keeps it out of what is printed', () => {
    const key = 'ab'.repeat(32);
    const config = load({
      LIKENESS_DATA_DIR: '/srv/likeness',
      LIKENESS_MASTER_KEY: key,
      LIKENESS_MASTER_KEY_PREVIOUS: key,
    });
    expect(config.trustDir).toBe('/srv/likeness-trust');
    expect(config.masterKey.source.kind).toBe('text');
    expect(JSON.stringify(config)).not.toContain(key);
    expect(load({ LIKENESS_DATA_DIR: '/srv/likeness' }).masterKey.source).toEqual({
      kind: 'file',
      path: '/srv/likeness-trust/master-key',
    });
    expect(problemsOf({ LIKENESS_MASTER_KEY: key, LIKENESS_MASTER_KEY_COMMAND: 'kms' })).toEqual([
      expect.stringContaining('from one place only'),
    ]);
  });

  it('counts an empty variable as unset', () => {
    expect(load({ LIKENESS_PORT: '', LIKENESS_BUCKETS_DIR: '' })).toMatchObject({ port: 4480 });
  });

  it('is refused where a value is not of its type, every one at once and by name', () => {
    const wrong: Environment = {
      LIKENESS_PORT: '70000',
      LIKENESS_WORKERS: '1.5',
      LIKENESS_QUEUE_LIMIT: '-1',
      LIKENESS_ACCOUNT_ID: '12',
      LIKENESS_PROFILE: 'best',
      LIKENESS_SIGNATURES: 'maybe',
      LIKENESS_DEFAULT_PURPOSE: 'surveillance',
      LIKENESS_PHOTO_LIBRARY_ATTRIBUTES: 'emotions,age',
      LIKENESS_HOST: 'a b',
      LIKENESS_REGION: 'Frankfurt',
      LIKENESS_S3_ENDPOINT: 'minio:9000',
    };
    const problems = problemsOf(wrong);
    expect(problems).toHaveLength(Object.keys(wrong).length);
    for (const [name, value] of Object.entries(wrong)) {
      expect(
        problems.find((problem) => problem.startsWith(name)),
        name,
      ).toContain(value);
    }
  });

  it('names the nearest variable for one that is unknown, without its value', () => {
    expect(problemsOf({ LIKENESS_PROT: '1' })).toEqual(['LIKENESS_PROT is no setting: did you mean LIKENESS_PORT?']);
    expect(problemsOf({ LIKENESS_S3_SECRET_KEY: 'hush-hush' })[0]).toContain('LIKENESS_S3_SECRET_ACCESS_KEY');
    expect(problemsOf({ LIKENESS_S3_SECRET_KEY: 'hush-hush' })[0]).not.toContain('hush');
    expect(problemsOf({ LIKENESS_XYZZY_FROTZ_GNUSTO: '1' })[0]).toContain('remove it');
  });

  it('is read for the names of Likeness and the cache folder alone', () => {
    const foreign = Object.keys(readEnvironment()).filter((name) => !name.startsWith('LIKENESS_'));
    expect(['XDG_CACHE_HOME', 'LOCALAPPDATA']).toEqual(expect.arrayContaining(foreign));
  });
});

describe('the configuration file', () => {
  it('gives what the environment does not', () => {
    writeFile('port = 4500\nhost = "::1"\ncors_origins = ["https://a.example"]\nsignatures = false\nworkers = "2"');
    expect(load({ LIKENESS_PORT: '4600' })).toMatchObject({
      port: 4600,
      host: '::1',
      corsOrigins: ['https://a.example'],
      signatures: false,
      workers: 2,
    });
  });

  it('is taken from the named path, and its paths are relative to it', () => {
    mkdirSync(join(cwd, 'etc'));
    writeFile('data_dir = "db"', 'etc/own.toml');
    expect(load({ LIKENESS_CONFIG: 'etc/own.toml' }).dataDir).toBe(join(cwd, 'etc', 'db'));
  });

  it('must be there when it is named', () => {
    expect(problemsOf({ LIKENESS_CONFIG: 'none.toml' })).toEqual([expect.stringContaining('none.toml cannot be read')]);
  });

  it('is refused with an unknown key or a table, naming the nearest key', () => {
    writeFile('prot = 1\n[server]\nport = 2');
    const problems = problemsOf({});
    expect(problems[0]).toContain('did you mean port?');
    expect(problems[1]).toContain('server is no setting');
    writeFile('__proto__ = 1\nconstructor = 2');
    expect(problemsOf({})).toHaveLength(2);
  });

  it('is refused with values of the wrong type', () => {
    writeFile('port = 1.5\nhost = 7\ncors_origins = [1]\ndata_dir = ""\nworkers = 99999999999999999');
    expect(problemsOf({})[0]).toContain('TOML');
    writeFile('port = 1.5\nhost = 7\ncors_origins = [1]\ndata_dir = ""');
    expect(problemsOf({})).toHaveLength(4);
  });

  it('is not quoted where it is malformed, for the line may hold a secret', () => {
    writeFile('port = 1\ns3_secret_access_key = "hush-hush');
    let error: unknown;
    try {
      load();
    } catch (thrown) {
      error = thrown;
    }
    expect(String(error)).toMatch(/line 2/);
    expect(JSON.stringify([String(error), error])).not.toContain('hush');
    expect((error as ConfigError).cause).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('that holds a secret and can be read by others earns a warning', () => {
    const text = 's3_access_key_id = "AK"\ns3_secret_access_key = "hush-hush"';
    writeFile(text, 'likeness.toml', 0o644);
    expect(load().warnings).toEqual([expect.stringContaining('chmod 600')]);
    writeFile(text, 'likeness.toml', 0o600);
    expect(load().warnings).toEqual([]);
  });
});

describe('S3', () => {
  it('is configured by its endpoint alone, in path style and the region of the server', () => {
    expect(load({ LIKENESS_S3_ENDPOINT: 'http://127.0.0.1:9000', LIKENESS_REGION: 'eu-west-1' }).s3).toEqual({
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-1',
      forcePathStyle: true,
    });
  });

  it('is AWS in host style when only a region is given', () => {
    expect(load({ LIKENESS_S3_REGION: 'eu-west-3' }).s3).toEqual({ region: 'eu-west-3', forcePathStyle: false });
  });

  it('hands out its credentials only when they are asked for', async () => {
    const config = load({
      LIKENESS_S3_ACCESS_KEY_ID: 'AKTEST',
      LIKENESS_S3_SECRET_ACCESS_KEY: 'hush-hush',
      LIKENESS_S3_SESSION_TOKEN: 'hush-too',
    });
    expect(await config.s3?.credentials?.()).toEqual({
      accessKeyId: 'AKTEST',
      secretAccessKey: 'hush-hush',
      sessionToken: 'hush-too',
    });
    expect(JSON.stringify(config)).not.toContain('hush');
  });
});

describe('contradictions', () => {
  const contradictions: [string, Environment, RegExp][] = [
    ['a certificate without its key', { LIKENESS_TLS_CERT_FILE: 'c' }, /LIKENESS_TLS_KEY_FILE/],
    ['a key without its certificate', { LIKENESS_TLS_KEY_FILE: 'k' }, /LIKENESS_TLS_CERT_FILE/],
    ['half of the S3 credentials', { LIKENESS_S3_ACCESS_KEY_ID: 'a' }, /LIKENESS_S3_SECRET_ACCESS_KEY/],
    ['the other half', { LIKENESS_S3_SECRET_ACCESS_KEY: 'hush' }, /LIKENESS_S3_ACCESS_KEY_ID/],
    ['signatures off for others', { LIKENESS_SIGNATURES: 'off', LIKENESS_HOST: '0.0.0.0' }, /turn signatures on/],
    [
      'signatures off for a named host',
      { LIKENESS_SIGNATURES: 'off', LIKENESS_HOST: 'server.lan' },
      /turn signatures on/,
    ],
    ['CORS for everyone', { LIKENESS_CORS_ORIGINS: '*' }, /each origin in full/],
    ['CORS for the null origin', { LIKENESS_CORS_ORIGINS: 'https://a.example,null' }, /each origin in full/],
    ['an origin with a path', { LIKENESS_CORS_ORIGINS: 'https://a.example/' }, /each origin in full/],
    ['the data folder as a bucket', { LIKENESS_BUCKETS_DIR: '.' }, /part them/],
    ['buckets within the data folder', { LIKENESS_BUCKETS_DIR: '.likeness/buckets' }, /part them/],
    ['images that no body can hold', { LIKENESS_IMAGE_MAX_BYTES: '16777216' }, /raise the latter to 223\d{5} /],
  ];
  for (const [name, env, message] of contradictions) {
    it(`refuse ${name}, and say what to change`, () => {
      expect(problemsOf(env)).toEqual([expect.stringMatching(message)]);
      expect(problemsOf(env)[0]).not.toContain('hush');
    });
  }

  it('refuse a password within the S3 endpoint, without repeating it', () => {
    const problems = problemsOf({ LIKENESS_S3_ENDPOINT: 'https://user:hush@s3.example.org' });
    expect(problems).toEqual([expect.stringContaining('LIKENESS_S3_ENDPOINT')]);
    expect(problems[0]).not.toContain('hush');
  });

  it('let neighbours whose names begin alike be', () => {
    mkdirSync(join(cwd, '.likeness-photos'));
    expect(load({ LIKENESS_BUCKETS_DIR: '.likeness-photos' }).warnings).toEqual([]);
  });
});

describe('warnings', () => {
  it('tell that signatures do not hide images from the network', () => {
    expect(load({ LIKENESS_HOST: '0.0.0.0' }).warnings).toEqual([expect.stringContaining('without TLS')]);
    const tls = { LIKENESS_TLS_CERT_FILE: 'c', LIKENESS_TLS_KEY_FILE: 'k' };
    expect(load({ LIKENESS_HOST: '0.0.0.0', ...tls }).warnings).toEqual([]);
  });

  it('tell that signatures are off', () => {
    expect(load({ LIKENESS_SIGNATURES: 'off' }).warnings).toEqual([expect.stringContaining('signatures are off')]);
  });

  it('tell that the buckets folder is not there', () => {
    expect(load({ LIKENESS_BUCKETS_DIR: 'none' }).warnings).toEqual([expect.stringContaining('LIKENESS_BUCKETS_DIR')]);
  });

  it('know loopback in all its spellings', () => {
    const loopback = ['127.0.0.1', '127.8.9.1', '::1', 'localhost', '::ffff:127.0.0.1'];
    expect(loopback.filter((host) => !isLoopback(host))).toEqual([]);
    const open = ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example', '128.0.0.1', '::2'];
    expect(open.filter(isLoopback)).toEqual([]);
  });
});

describe('the table of settings', () => {
  it('is described row by row with the source of each value', () => {
    writeFile('port = 4500');
    const rows = describeConfig(load({ LIKENESS_HOST: '::1' }));
    expect(rows).toHaveLength(settings.length);
    const row = (name: string) => rows.find((one) => one.name === name);
    expect(row('LIKENESS_HOST')).toMatchObject({ value: '::1', source: 'environment' });
    expect(row('LIKENESS_PORT')).toMatchObject({ value: '4500', source: 'file' });
    expect(row('LIKENESS_WORKERS')).toMatchObject({ value: '6', source: 'default' });
    expect(row('LIKENESS_BUCKETS_DIR')).toMatchObject({ value: '', source: 'default' });
  });

  it('masks every secret, and an invalid one too', () => {
    const config = load({ LIKENESS_S3_ACCESS_KEY_ID: 'AK', LIKENESS_S3_SECRET_ACCESS_KEY: 'hush-hush' });
    const row = describeConfig(config).find(({ name }) => name === 'LIKENESS_S3_SECRET_ACCESS_KEY');
    expect(row).toMatchObject({ value: '********', source: 'environment' });
    const problems = problemsOf({ LIKENESS_S3_SECRET_ACCESS_KEY: 'hush hush' });
    expect(problems[0]).toContain('LIKENESS_S3_SECRET_ACCESS_KEY');
    expect(problems.join()).not.toContain('hush');
  });

  it('has each key once, in the words of TOML and the shell', () => {
    expect(new Set(settings.map(({ key }) => key)).size).toBe(settings.length);
    for (const { key } of settings) expect(variableOf(key)).toMatch(/^LIKENESS_[A-Z][A-Z0-9_]*$/);
  });

  it('is what docs/configuration.md says', async () => {
    await expect(configurationPage()).toMatchFileSnapshot(join(packageRoot(), 'docs', 'configuration.md'));
  });
});
