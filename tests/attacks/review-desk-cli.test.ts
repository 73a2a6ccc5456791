import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';
import { credentialsIni } from '../../src/compose.ts';
import { type Desk, openOffice } from '../builders/office.ts';
import { greyJpeg, reviewRoomOf } from '../builders/review.ts';

/** A data folder with persons, their credentials files and an open case of sam's; the server is closed. */
async function folderWithCase() {
  const office = await openOffice();
  const { house, dataDir } = office;
  const keysDir = mkdtempSync(join(tmpdir(), 'likeness-review-keys-'));
  onTestFinished(() => rmSync(keysDir, { recursive: true, force: true }));
  const chief = await office.hire('chief', ['admin']);
  const fileOf = async (name: string, { caller }: Desk): Promise<string> => {
    const key = await house.stores.keys.find(caller.accessKeyId);
    if (key === undefined) throw new Error(`${name} has no key`);
    const file = join(keysDir, `${name}.ini`);
    writeFileSync(file, credentialsIni(key, 'us-east-1'));
    return file;
  };
  const files: Record<string, string> = { chief: await fileOf('chief', chief) };
  for (const [name, role] of [
    ['sam', 'searcher'],
    ['rita', 'reviewer'],
    ['ron', 'reviewer'],
  ] as const) {
    files[name] = await fileOf(name, await office.hire(name, [role], chief));
  }
  const room = reviewRoomOf(house);
  const crop = await greyJpeg(200);
  const { caseId } = await room.desk.open({
    kind: 'comparison',
    operation: 'CompareFaces',
    purpose: 'family-reunification',
    requestedBy: 'sam',
    threshold: 80,
    model: 'm',
    probe: { hash: 'f'.repeat(64), crop },
    candidates: [{ similarity: 97.5, crop, box: { left: 0.1, top: 0.2, width: 0.3, height: 0.4 } }],
  });
  await house.close();
  // The office closes it once more at the end.
  Object.assign(house, { close: async () => {} });
  // A port that nothing serves at, so that the commands work in this process.
  const config = join(keysDir, 'likeness.toml');
  writeFileSync(config, 'port = 1');

  /** Runs a command as a person. @returns what it printed, and the code that a script sees */
  const run = async (person: string, ...args: string[]): Promise<{ text: string; exitCode: number; error: string }> => {
    const printed: string[] = [];
    let exitCode: number = exitCodes.ok;
    const terminal = {
      print: (text: string) => void printed.push(text),
      note: () => {},
      interactive: false,
      columns: 120,
    };
    const program = createProgram(terminal, (code) => {
      exitCode = code;
    });
    try {
      await program.parseAsync(
        ['--data-dir', dataDir, '--config', config, '--credentials', files[person] ?? '', ...args],
        { from: 'user' },
      );
      return { text: printed.join('\n'), exitCode, error: '' };
    } catch (error) {
      return { text: printed.join('\n'), exitCode: exitCodeOf(error), error: (error as Error).message };
    }
  };
  return { run, caseId, dataDir, keysDir };
}

it('takes two persons at the command line too, and shows each what is theirs', async () => {
  const { run, caseId, keysDir } = await folderWithCase();
  const submit = ['review', 'submit', caseId, '--same', '1', '--reason', 'the left ear'];
  expect(await run('sam', 'review', 'show', caseId)).toMatchObject({ exitCode: exitCodes.refused });
  expect(await run('sam', ...submit)).toMatchObject({ exitCode: exitCodes.refused });
  expect((await run('rita', 'review', 'list')).text).toContain(caseId);

  const out = join(keysDir, 'sheet');
  expect((await run('rita', 'review', 'show', caseId, '--out', out)).text).toContain('index.html');
  expect(readdirSync(out).sort()).toEqual(['candidate-1.jpg', 'index.html', 'probe.jpg']);
  for (const name of readdirSync(out)) expect(statSync(join(out, name)).mode & 0o077).toBe(0);
  expect(readFileSync(join(out, 'index.html'), 'utf8')).not.toMatch(/97\.5|\bsam\b/);

  expect(await run('rita', ...submit)).toMatchObject({ exitCode: exitCodes.ok });
  expect(await run('rita', ...submit)).toMatchObject({
    exitCode: exitCodes.failed,
    error: expect.stringMatching(/does not change/),
  });
  expect((await run('rita', 'review', 'list')).text).toContain('no case waits for you');
  expect((await run('sam', 'review', 'outcome', caseId)).text).toContain('waits for reviewers');
  expect(await run('ron', ...submit)).toMatchObject({ exitCode: exitCodes.ok });

  const outcome = await run('sam', '--json', 'review', 'outcome', caseId);
  expect(JSON.parse(outcome.text)).toMatchObject({
    state: 'closed',
    matches: [{ similarity: 97.5, boundingBox: { left: 0.1, height: 0.4 } }],
  });
  expect(await run('rita', 'review', 'outcome', caseId)).toMatchObject({ exitCode: exitCodes.refused });
  expect((await run('chief', 'review', 'stats')).text).toMatch(/rita.*0 of 0/);

  expect((await run('chief', 'minors', 'mark', 'kim', '--reason', 'the form')).text).toContain('two reviewers only');
  expect((await run('chief', 'minors', 'list')).text).toContain('kim');
  expect(await run('chief', 'minors', 'unmark', 'kim', '--reason', 'x')).toMatchObject({ exitCode: exitCodes.refused });
}, 120_000);
