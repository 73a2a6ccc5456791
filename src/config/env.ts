/** Environment variables by name; those that are not set are absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of others that say where a user's cache folder is. */
const foreignNames: readonly string[] = ['XDG_CACHE_HOME', 'LOCALAPPDATA'];

/** The environment variables that Likeness looks at: every `LIKENESS_*`, and the system's words for the cache folder. Nothing outside this file reads `process.env`. */
export function readEnvironment(): Environment {
  const names = Object.keys(process.env).filter((name) => name.startsWith('LIKENESS_') || foreignNames.includes(name));
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** The variables that name proxies, for commands that fetch. */
export function readProxyEnvironment(): Environment {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
