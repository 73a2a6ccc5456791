import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createProgram } from '../program.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A data folder with a command line over it, which no server of this machine answers for. */
function commandLine() {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-consent-'));
  folders.push(folder);
  const config = join(folder, 'likeness.toml');
  writeFileSync(config, 'port = 4499\n');
  const printed: string[] = [];
  const noted: string[] = [];
  const run = async (...words: string[]) => {
    printed.length = 0;
    noted.length = 0;
    let exitCode = -1;
    const terminal = {
      print: (text: string) => void printed.push(text),
      note: (text: string) => void noted.push(text),
      interactive: false,
      columns: 120,
    };
    const program = createProgram(terminal, (code) => {
      exitCode = code;
    });
    const args = ['--data-dir', join(folder, 'data'), '--config', config, ...words];
    await program.parseAsync(['node', 'likeness', ...args]);
    return { exitCode, printed: printed.join('\n'), noted: noted.join('\n') };
  };
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  return { folder, run, file };
}

const purpose = ['--purpose', 'identity-verification'];

describe('likeness consent', () => {
  it('grants, shows, lists and withdraws, and prints the token only when asked', async () => {
    const { run, file } = commandLine();
    const notice = file('notice.txt', 'We keep a template of your face.');
    const granted = await run(
      ...['--json', 'consent', 'grant', 'alice', ...purpose, '--method', 'signed-form', '--notice', notice],
    );
    const { receiptId, file: kept } = JSON.parse(granted.printed) as { receiptId: string; file: string };
    const { token, receipt } = JSON.parse(readFileSync(kept, 'utf8')) as { token: string; receipt: object };
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(receipt).toMatchObject({ receipt_id: receiptId, header: { pii_principal_id: 'alice' } });
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(granted.printed).not.toContain(token);

    const shown = await run('consent', 'show', receiptId);
    expect(shown.printed).toMatch(/state +active/);
    expect(shown.printed).toMatch(/subject +alice/);
    expect((await run('consent', 'list', '--state', 'active')).printed).toContain(receiptId);

    const asked = await run(
      ...['consent', 'grant', 'bob', ...purpose, '--method', 'in-app', '--notice', notice, '--print-token'],
    );
    expect(asked.printed).toMatch(/^token: [\w-]{43}$/m);

    const withdrawn = await run('consent', 'withdraw', receiptId);
    expect(withdrawn.exitCode).toBe(0);
    expect(withdrawn.printed).toMatch(
      /^1 receipt withdrawn\nerased\n {2}receipts: 1 before, 0 after\ncertificate \S+; print it with/,
    );
    const after = await run('consent', 'show', receiptId);
    expect(after.printed).toMatch(/state +withdrawn/);
    expect(after.printed).toMatch(/subject +erased/);
    await expect(run('consent', 'withdraw', receiptId)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('imports a CSV, names the lines that failed, and goes on where it was', async () => {
    const { run, file } = commandLine();
    file('notice.txt', 'We keep a template of your face.');
    const header = 'subject,purpose,method,granted,expires,notice,guardian,relation,minor';
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const good = (name: string) => `${name},access-control,signed-form,${day},,file:notice.txt,,,`;
    const csv = file(
      'people.csv',
      [
        header,
        ...Array.from({ length: 120 }, (_, i) => good(`badge-${i}`)),
        `child,access-control,signed-form,${day},,file:notice.txt,,,yes`,
        `child-2,access-control,guardian-form,${day},,file:notice.txt,"Doe, Jane",mother,yes`,
        `carol,police,signed-form,${day},,file:notice.txt,,,`,
        `dora,access-control,by-post,${day},,file:notice.txt,,,`,
        `eve,access-control,signed-form,${day},,file:missing.txt,,,`,
        `fay,access-control,signed-form,${day},,file:notice.txt,,,perhaps`,
        good('no one'),
      ].join('\r\n'),
    );
    const tokens = join(csv, '..', 'tokens.csv');
    const first = await run('--json', 'consent', 'import', csv, '--tokens', tokens);
    expect(first.exitCode).toBe(5);
    const told = JSON.parse(first.printed) as { recorded: number; failures: { line: number; error: string }[] };
    expect(told.recorded).toBe(121);
    expect(told.failures.map(({ line }) => line)).toEqual([122, 124, 125, 126, 127, 128]);
    expect(told.failures[0]?.error).toContain('guardian');
    expect(told.failures[1]?.error).toContain('law-enforcement');
    const lines = readFileSync(tokens, 'utf8').trim().split('\n');
    expect(lines.shift()).toBe('subject,purpose,receipt,token');
    expect(lines).toHaveLength(121);
    expect(statSync(tokens).mode & 0o777).toBe(0o600);
    for (const line of lines) expect(first.printed + first.noted).not.toContain(line.split(',')[3]);

    const again = JSON.parse((await run('--json', 'consent', 'import', csv, '--tokens', tokens)).printed) as object;
    expect(again).toMatchObject({ recorded: 0, known: 121, failed: 6 });
    expect(readFileSync(tokens, 'utf8').trim().split('\n')).toHaveLength(1 + 121);
  });

  it('says which options tell what the person was told, and names a notice that is not there', async () => {
    const { run } = commandLine();
    const grant = ['consent', 'grant', 'alice', ...purpose, '--method', 'in-app'];
    await expect(run(...grant)).rejects.toThrow('--notice, or --notice-url with --notice-sha256');
    await expect(run(...grant, '--notice', '/no/such.txt')).rejects.toThrow('the notice /no/such.txt cannot be read');
  });

  it("records a child's objection and takes it back by the child's word only", async () => {
    const { run, file } = commandLine();
    const notice = file('notice.txt', 'We keep a template of your face.');
    const grant = [
      ...['consent', 'grant', 'child', ...purpose, '--method', 'guardian-form', '--notice', notice, '--minor'],
      ...['--guardian', 'Jane', '--relation', 'mother'],
    ];
    await run(...grant);
    const objected = await run('consent', 'object', 'child', ...purpose, '--method', 'verbal-recorded');
    expect(objected.printed).toContain('1 receipt ended by the objection');
    await expect(run(...grant)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const guardianSays = ['consent', 'lift-objection', 'child', ...purpose, '--method', 'guardian-form'];
    await expect(run(...guardianSays)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await run('consent', 'lift-objection', 'child', ...purpose, '--method', 'signed-form');
    expect((await run(...grant)).exitCode).toBe(0);
  });
});
