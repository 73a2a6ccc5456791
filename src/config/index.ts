export {
  type Config,
  ConfigError,
  type ConfigRow,
  type ConfigSources,
  describeConfig,
  isLoopback,
  loadConfig,
  type Machine,
  type MasterKeyConfig,
  type S3Config,
} from './config.ts';
export { configurationPage } from './configuration-page.ts';
export { type Environment, readEnvironment, readProxyEnvironment } from './env.ts';
export { type Proxies, proxiesOf } from './proxies.ts';
