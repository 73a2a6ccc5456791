import { join } from 'node:path';
import type { Config } from '../config/index.ts';

/** Names the data folder's own files. */
export function dataFiles(config: Pick<Config, 'dataDir'>): { credentials: string; pageTokenSecret: string } {
  return {
    credentials: join(config.dataDir, 'aws-credentials'),
    pageTokenSecret: join(config.dataDir, 'page-token-secret'),
  };
}
