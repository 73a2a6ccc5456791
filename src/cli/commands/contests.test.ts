import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wire } from '../../../tests/builders/open-house.ts';
import { loadConfig } from '../../config/index.ts';
import { subjectCaller } from '../../governance/index.ts';
import { createProgram } from '../program.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-contests-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...words: string[]): Promise<string> {
  const printed: string[] = [];
  const terminal = { print: (text: string) => void printed.push(text), note() {}, interactive: false, columns: 120 };
  const args = ['--data-dir', join(folder, 'data')];
  await createProgram(terminal, () => {}).parseAsync(['node', 'likeness', ...args, ...words]);
  return printed.join('\n');
}

it('shows an operator what a person says is wrong, and gives the person the answer', async () => {
  const notice = join(folder, 'notice.txt');
  writeFileSync(notice, 'Your face opens the door.');
  await run(
    'consent',
    'grant',
    'badge-1',
    '--purpose',
    'access-control',
    '--method',
    'signed-form',
    '--notice',
    notice,
  );
  const receipts = join(folder, 'data', 'receipts');
  const { token } = JSON.parse(readFileSync(join(receipts, readdirSync(receipts)[0] ?? ''), 'utf8'));
  const byToken = async (operation: string, request: object): Promise<unknown> => {
    const env = { LIKENESS_DATA_DIR: join(folder, 'data') };
    const house = await wire(loadConfig({ env, cwd: folder }), { vision: false });
    const signal = new AbortController().signal;
    const call = { requestId: 'r', caller: subjectCaller, operation, request: { token, ...request }, signal };
    return house
      .dispatch(call)
      .then(({ response }) => response)
      .finally(() => house.close());
  };
  expect(await run('contests', 'list')).toBe('nobody waits for an answer');
  await byToken('ContestSubject', { text: 'I was never\nat that door.' });
  const listed = await run('contests', 'list');
  expect(listed).toContain('I was never at that door.');
  const [{ contestId }] = JSON.parse(await run('--json', 'contests', 'list'));
  await run('contests', 'answer', contestId, 'We looked, and you are right.');
  expect(await run('contests', 'list')).toBe('nobody waits for an answer');
  expect(await run('contests', 'list', '--all')).toContain('answered');
  expect(await byToken('ShowSubject', {})).toMatchObject({
    contests: [{ state: 'answered', answer: 'We looked, and you are right.' }],
  });
});
