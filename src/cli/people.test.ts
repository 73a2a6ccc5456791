import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { startServer } from '../server.ts';
import { createProgram } from './program.ts';

/** A data folder that no server holds, and the command line over it. */
function commandLine() {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-people-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const configFile = join(folder, 'likeness.toml');
  // Port 9 is discard: nothing that this test could meet by accident.
  writeFileSync(configFile, 'port = 9\ndata_dir = "data"\ntrust_dir = "trust"\nlog_level = "silent"\n');
  const written: string[] = [];
  const run = async (...args: string[]) => {
    const printed: string[] = [];
    let exitCode = -1;
    const terminal = {
      print: (text: string) => void printed.push(text),
      note: (text: string) => void written.push(text),
      interactive: false,
      columns: 120,
    };
    const program = createProgram(terminal, (code) => {
      exitCode = code;
    });
    await program.parseAsync(['--config', configFile, ...args], { from: 'user' });
    written.push(...printed);
    return { exitCode, text: printed.join('\n'), json: () => JSON.parse(printed.join('\n')) };
  };
  return { folder, configFile, run, written };
}

describe('likeness people and keys', () => {
  it('add a person with a key, who then works under it, while no server runs', async () => {
    const { run, written } = commandLine();
    expect((await run('people', 'add', 'Bob', '--roles', 'searcher,enroller')).text).toContain('keys create --person');
    const made = (await run('keys', 'create', '--person', 'Bob', '--json')).json();
    expect(statSync(made.credentialsFile).mode & 0o777).toBe(0o600);
    const me = await run('people', 'whoami', '--json', '--credentials', made.credentialsFile);
    expect(me.json()).toMatchObject({ person: 'Bob', roles: ['enroller', 'searcher'] });
    const secret = /aws_secret_access_key = (.+)/.exec(readFileSync(made.credentialsFile, 'utf8'))?.[1] ?? '-';
    expect(written.join('\n')).not.toContain(secret);
  });

  it('take a second person for a third, whose key the second writes to a file', async () => {
    const { folder, run, written } = commandLine();
    await run('people', 'add', 'Bob', '--roles', 'searcher');
    const bob = (await run('keys', 'create', '--person', 'Bob', '--json')).json().credentialsFile;
    const proposed = await run('people', 'add', 'Cyd', '--roles', 'auditor');
    const approve = /likeness (proposals approve \S+) /.exec(proposed.text)?.[1]?.split(' ') ?? [];
    await expect(run(...approve)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect((await run('proposals', 'list', '--credentials', bob)).text).toContain('add-person');
    expect((await run(...approve, '--credentials', bob)).text).toBe('done: add-person');

    const key = (await run('keys', 'create', '--person', 'Cyd', '--json')).json();
    expect(key).toMatchObject({ status: 'pending' });
    const file = join(folder, 'cyd.ini');
    const approved = await run('proposals', 'approve', key.proposalId, '--credentials', bob, '--out', file);
    expect(approved.text).toContain('hand the file to Cyd');
    const secret = /aws_secret_access_key = (.+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '-';
    expect(written.join('\n')).not.toContain(secret);
    expect((await run('people', 'whoami', '--json', '--credentials', file)).json()).toMatchObject({ person: 'Cyd' });
    expect((await run('people', 'list', '--json')).json()).toHaveLength(3);
  });

  it('work over a running server', async () => {
    const { configFile, folder, run } = commandLine();
    const config = loadConfig({ env: { LIKENESS_CONFIG: configFile, LIKENESS_PORT: '0' }, cwd: folder });
    const server = await startServer(config, { vision: false });
    onTestFinished(() => server.close());
    const there = ['--endpoint', server.address.url];
    await run('people', 'add', 'Bob', '--roles', 'searcher', ...there);
    const made = (await run('keys', 'create', '--person', 'Bob', '--expires', '10m', '--json', ...there)).json();
    const bob = ['--credentials', made.credentialsFile, ...there];
    expect((await run('people', 'whoami', ...bob)).text).toContain('Bob: searcher');
    expect((await run('keys', 'list', '--json', ...there)).json()).toHaveLength(2);
    expect((await run('keys', 'revoke', made.accessKeyId, ...there)).exitCode).toBe(0);
    await expect(run('people', 'whoami', ...bob)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  it('refuse roles that do not exist before anything is asked', async () => {
    const { folder, run } = commandLine();
    await expect(run('people', 'add', 'Bob', '--roles', 'searcher,root')).rejects.toMatchObject({ name: 'UsageError' });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});
