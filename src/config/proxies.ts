import { ConfigError } from './config.ts';
import type { Environment } from './env.ts';

/** The proxies that files are fetched through. */
export interface Proxies {
  readonly https?: string | undefined;
  readonly http?: string | undefined;
  /** Hosts that are reached without a proxy, separated by commas; `*` for all. */
  readonly none?: string | undefined;
}

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, of which the names in lower case win, as with other programs. A
 * proxy without a scheme is one that speaks http.
 *
 * @throws {ConfigError} naming the variable that holds no address
 */
export function proxiesOf(env: Environment): Proxies {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  const address = (name: string): string | undefined => {
    const text = read(name);
    if (text === undefined) return undefined;
    const url = text.includes('://') ? text : `http://${text}`;
    // The value is not repeated: it may hold a password.
    if (!URL.canParse(url)) throw new ConfigError([`${name} is not the address of a proxy: write http://host:port`]);
    return url;
  };
  return { https: address('HTTPS_PROXY'), http: address('HTTP_PROXY'), none: read('NO_PROXY') };
}
