import {
  configFileName,
  configFileVariable,
  type Setting,
  type SettingType,
  settings,
  variableOf,
} from './settings.ts';

/** docs/configuration.md as the table of settings has it. */
export function configurationPage(): string {
  const rows = settings.map((setting: (typeof settings)[number] & Setting) => {
    const secret = setting.secret ? ' Secret: never printed.' : '';
    return `| \`${variableOf(setting.key)}\` | \`${setting.key}\` | ${valuesOf(setting.type)} | ${defaultOf(setting)} | ${setting.description}${secret} |`;
  });
  return `# Configuration

<!-- Generated from src/config/settings.ts: change it there, then run \`npx vitest run src/config -u\`. -->

Every setting is an environment variable and a key of a configuration file. The environment wins over the file, the file
over the default. The file is TOML: \`${configFileName}\` in the working folder, or the one that \`${configFileVariable}\` names. Paths in it are
relative to its own folder, paths in variables to the working folder. An empty variable counts as unset. Lists are
comma-separated in a variable and arrays in the file.

An unknown name, an invalid value or a contradiction keeps the server from starting, with a message that says what to
change. \`likeness config\` prints every value and where it comes from.

\`\`\`toml
# ${configFileName}
port = 4480
buckets_dir = "photos"
cors_origins = ["https://console.example.org"]
\`\`\`

| variable | file key | values | default | what it does |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function valuesOf(type: SettingType): string {
  switch (type.kind) {
    case 'text':
      return type.wanted;
    case 'integer':
      return `${type.min} to ${type.max}`;
    case 'choice':
      return type.choices.join(', ');
    case 'list':
      return `list of ${type.wanted}`;
    case 'path':
      return 'path';
  }
}

function defaultOf(setting: Setting): string {
  if (setting.defaultNote !== undefined) return setting.defaultNote;
  return setting.default ? `\`${setting.default}\`` : 'none';
}
