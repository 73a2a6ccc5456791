import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { Environment } from './env.ts';
import { nearest } from './nearest.ts';
import { configFileName, configFileVariable, type Setting, type SettingKey, settings, variableOf } from './settings.ts';

/** Where a value comes from. */
export type SettingSource = 'default' | 'file' | 'environment';

/** A setting's value, valid in itself: a decimal number for integers, commas between a list's items, an absolute path. */
export interface SettingValue {
  /** Absent where nothing is set and no default stands. */
  readonly value?: string;
  readonly source: SettingSource;
}

/** Every setting's value, and what is wrong with the ones that were given. */
export interface ReadSettings {
  readonly values: ReadonlyMap<SettingKey, SettingValue>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The folders that paths are relative to. */
export interface Folders {
  /** Working folder, absolute. */
  readonly cwd: string;
  readonly home: string;
}

/** One value as it was given: where, in words for a message, and which folder its paths are relative to. */
interface Given {
  readonly raw: unknown;
  readonly where: string;
  readonly source: SettingSource;
  readonly folder: string;
}

/** Reads every setting from the environment, else from the configuration file, else from its default. */
export function readSettings(env: Environment, folders: Folders): ReadSettings {
  const problems: string[] = [];
  const file = readConfigFile(env, folders, problems);
  refuseUnknownVariables(env, problems);
  refuseUnknownKeys(file, problems);
  const values = new Map<SettingKey, SettingValue>();
  for (const setting of settings) {
    const given = findGiven(setting, env, file, folders.cwd);
    try {
      const value = given === undefined ? undefined : normalise(setting, given, folders.home);
      values.set(setting.key, { source: given?.source ?? 'default', ...(value === undefined ? {} : { value }) });
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(error.message);
      values.set(setting.key, { source: 'default' });
    }
  }
  return { values, problems, warnings: warnOfReadableSecrets(file) };
}

/** A value that its setting's type does not take. */
class InvalidValue extends Error {}

interface ConfigFile {
  readonly path: string;
  readonly table: Readonly<Record<string, unknown>>;
}

function readConfigFile(env: Environment, { cwd, home }: Folders, problems: string[]): ConfigFile | undefined {
  const named = env[configFileVariable];
  const path = named ? resolvePath(named, cwd, home) : join(cwd, configFileName);
  if (!named && !existsSync(path)) return undefined;
  try {
    return { path, table: parse(readFileSync(path, 'utf8')) };
  } catch (error) {
    // Neither the parser's message nor itself as a cause: both quote the line, which may hold a secret.
    problems.push(
      error instanceof TomlError
        ? `${path} is not valid TOML at line ${error.line}, column ${error.column}: mend it there`
        : `${path} cannot be read: make it a readable file${named ? `, or unset ${configFileVariable}` : ''}`,
    );
    return undefined;
  }
}

function findGiven(
  setting: Setting & { key: SettingKey },
  env: Environment,
  file: ConfigFile | undefined,
  cwd: string,
): Given | undefined {
  const variable = variableOf(setting.key);
  // An empty variable counts as unset, because compose files and shells cannot leave one out.
  if (env[variable]) return { raw: env[variable], where: variable, source: 'environment', folder: cwd };
  if (file !== undefined && Object.hasOwn(file.table, setting.key)) {
    return {
      raw: file.table[setting.key],
      where: `${setting.key} in ${file.path}`,
      source: 'file',
      folder: dirname(file.path),
    };
  }
  if (setting.default === undefined) return undefined;
  return { raw: setting.default, where: variable, source: 'default', folder: cwd };
}

/** @throws {InvalidValue} naming the place, what is there unless it is secret, and what is wanted */
function normalise(setting: Setting, { raw, where, folder }: Given, home: string): string {
  const refuse = (wanted: string): never => {
    const shown = setting.secret ? 'has a value that cannot be used' : `is ${JSON.stringify(raw)}`;
    throw new InvalidValue(`${where} ${shown}: give ${wanted}`);
  };
  const { type } = setting;
  switch (type.kind) {
    case 'text':
      if (typeof raw !== 'string' || raw === '' || !(type.pattern ?? /^\S+$/).test(raw)) return refuse(type.wanted);
      return raw;
    case 'integer': {
      const text = typeof raw === 'bigint' || typeof raw === 'number' ? String(raw) : raw;
      if (typeof text !== 'string' || !/^\d{1,15}$/.test(text) || Number(text) < type.min || Number(text) > type.max) {
        return refuse(`a whole number from ${type.min} to ${type.max}`);
      }
      return String(Number(text));
    }
    case 'choice': {
      const word = raw === true ? 'on' : raw === false ? 'off' : raw;
      if (typeof word !== 'string' || !type.choices.includes(word)) return refuse(`one of ${type.choices.join(', ')}`);
      return word;
    }
    case 'list': {
      const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
      if (!Array.isArray(items) || !items.every((item): item is string => typeof item === 'string'))
        return refuse(type.wanted);
      const filled = items.filter((item) => item !== '');
      if (type.choices !== undefined && !filled.every((item) => type.choices?.includes(item)))
        return refuse(type.wanted);
      return [...new Set(filled)].join(',');
    }
    case 'path':
      if (typeof raw !== 'string' || raw === '' || raw.includes('\0')) return refuse('a path');
      return resolvePath(raw, folder, home);
  }
}

function resolvePath(path: string, folder: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(folder, path);
}

function refuseUnknownVariables(env: Environment, problems: string[]): void {
  const known = [configFileVariable, ...settings.map(({ key }) => variableOf(key))];
  for (const name of Object.keys(env)) {
    if (name.startsWith('LIKENESS_') && !known.includes(name)) problems.push(unknown(name, known));
  }
}

function refuseUnknownKeys(file: ConfigFile | undefined, problems: string[]): void {
  const known = settings.map(({ key }) => key);
  for (const key of Object.keys(file?.table ?? {})) {
    if (!known.some((one) => one === key)) problems.push(`${unknown(key, known)} (in ${file?.path})`);
  }
}

function unknown(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return `${name} is no setting: ${near === undefined ? 'remove it; `likeness config` lists all' : `did you mean ${near}?`}`;
}

function warnOfReadableSecrets(file: ConfigFile | undefined): string[] {
  if (file === undefined || process.platform === 'win32') return [];
  const secret = settings.find((setting: Setting) => setting.secret && Object.hasOwn(file.table, setting.key));
  const othersMayRead = (statSync(file.path).mode & 0o077) !== 0;
  return secret !== undefined && othersMayRead
    ? [`${file.path} holds ${secret.key} and others may read it: chmod 600 it, or set ${variableOf(secret.key)}`]
    : [];
}
