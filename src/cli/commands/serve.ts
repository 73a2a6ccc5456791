import { openPacks } from '../../compose.ts';
import { type Config, loadConfig } from '../../config/index.ts';
import { startServer } from '../../server.ts';
import { environmentOf, type GlobalOptions, modelProgress } from '../connect.ts';
import type { Terminal } from '../output.ts';

/** Options of `likeness serve`. */
export interface ServeFlags extends GlobalOptions {
  readonly host?: string;
  readonly port?: string;
}

/** Serves until SIGINT or SIGTERM, then finishes what is under way. */
export async function runServe(flags: ServeFlags, terminal: Terminal): Promise<void> {
  const config = loadConfig({
    env: {
      ...environmentOf(flags),
      ...(flags.host !== undefined && { LIKENESS_HOST: flags.host }),
      ...(flags.port !== undefined && { LIKENESS_PORT: flags.port }),
    },
    cwd: process.cwd(),
  });
  for (const warning of config.warnings) terminal.note(`warning: ${warning}`);
  const stopping = stopSignal();
  const { onModelProgress } = modelProgress(terminal);
  const server = await startServer(config, { ...(onModelProgress && { onModelProgress }) });
  try {
    await Promise.race([server.ready(), stopping]);
    const { url } = server.address;
    const states = await openPacks(config).list('sizes');
    const packs = states.flatMap(({ entry, state }) => (state === 'installed' ? [entry.id] : []));
    terminal.print(
      [
        '',
        `Likeness serves the Amazon Rekognition API at ${url}`,
        '',
        config.signatures
          ? `Credentials  ${server.house.credentialsFile}`
          : 'Credentials  none needed: signatures are off (LIKENESS_SIGNATURES=off)',
        `Data         ${config.dataDir}`,
        `Master key   ${masterKeyWords(config.masterKey.source)}: keep a copy elsewhere, without it the data cannot be read`,
        `Models       ${config.modelsDir}`,
        ...(packs.length > 0 ? [`Packs        ${packs.join(', ')}`] : []),
        '',
        'Try it:',
        `  AWS_SHARED_CREDENTIALS_FILE=${server.house.credentialsFile} AWS_ENDPOINT_URL_REKOGNITION=${url} \\`,
        '    aws rekognition list-collections',
        `  npx likeness detect-faces photo.jpg --all --draw faces.jpg`,
        '',
      ].join('\n'),
    );
    await stopping;
    terminal.note('stopping: finishing what is under way (again to stop at once)');
  } finally {
    await server.close();
  }
}

/** Where the master key comes from, never the key. */
function masterKeyWords(source: Config['masterKey']['source']): string {
  switch (source.kind) {
    case 'file':
      return source.path;
    case 'text':
      return `in ${source.name}`;
    case 'command':
      return 'from LIKENESS_MASTER_KEY_COMMAND';
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
