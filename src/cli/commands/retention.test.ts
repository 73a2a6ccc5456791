import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { enrol, makeCollection } from '../../../tests/builders/enrolled.ts';
import { wire } from '../../../tests/builders/open-house.ts';
import { loadConfig } from '../../config/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { createProgram } from '../program.ts';

/** A data folder with someone in it, and the command line over it. */
async function commandLine() {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-retention-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'likeness.toml');
  writeFileSync(config, 'port = 4497\n');
  const house = await wire(loadConfig({ env: { LIKENESS_DATA_DIR: join(folder, 'data') }, cwd: folder }), {
    vision: false,
  });
  await makeCollection(house, 'photos', 'photo-library');
  for (const subject of ['someone', 'other']) await enrol(house, 'photos', subject);
  const unnamed = await enrol(house, 'photos', undefined);
  await house.close();
  const run = async (...words: string[]) => {
    const printed: string[] = [];
    let exitCode = -1;
    const terminal = {
      print: (text: string) => void printed.push(text),
      note: () => {},
      interactive: false,
      columns: 120,
    };
    const program = createProgram(terminal, (code) => {
      exitCode = code;
    });
    await program.parseAsync([
      'node',
      'likeness',
      '--data-dir',
      join(folder, 'data'),
      '--config',
      config,
      '--json',
      ...words,
    ]);
    return { exitCode, answer: JSON.parse(printed.join('\n')) };
  };
  return { run, folder, unnamed };
}

describe('likeness erase, erasures and orphans', () => {
  it('erase a subject and a face without a name, and keep the certificates', async () => {
    const { run, folder, unnamed } = await commandLine();
    const out = join(folder, 'certificate.json');
    const erased = await run('erase', 'someone', '--out', out);
    expect(erased).toMatchObject({ exitCode: exitCodes.ok, answer: { counts: { faces: { before: 1, after: 0 } } } });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(erased.answer);
    expect((await run('erase', '--collection', 'photos', '--face', unnamed)).exitCode).toBe(exitCodes.ok);
    expect((await run('erasures')).answer).toHaveLength(2);
    const shown = await run('erasures', erased.answer.certificateId);
    expect(shown.answer.certificate).toEqual(erased.answer);
    expect(await run('orphans')).toMatchObject({ exitCode: exitCodes.ok, answer: { tombstones: 2, orphans: [] } });
  });

  it('refuse what names neither a subject nor a face, or both', async () => {
    const { run } = await commandLine();
    for (const words of [[], ['someone', '--face', 'x'], ['--collection', 'photos'], ['--purpose', 'photo-library']]) {
      await expect(run('erase', ...words)).rejects.toMatchObject({ name: 'UsageError' });
    }
  });
});

describe('likeness retention and legal-hold', () => {
  it('tell what runs out when, sweep, and propose a hold to another person', async () => {
    const { run } = await commandLine();
    const status = await run('retention', 'status');
    expect(status.answer).toMatchObject({
      clock: 'good',
      collections: [{ collectionId: 'photos', maxDays: 3650, faces: 3, facesDueWithin30Days: 0, onHold: false }],
    });
    expect((await run('retention', 'sweep')).answer).toMatchObject({ state: 'swept', faces: 0 });
    expect((await run('legal-hold', 'place', '--subject', 'someone', '--reason', 'case')).answer).toMatchObject({
      status: 'pending',
    });
    expect((await run('legal-hold', 'list')).answer).toEqual([]);
    await expect(run('legal-hold', 'release', 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('likeness backup and restore', () => {
  it('copy a backup out, list it, and put the folder back to it', async () => {
    const { run, folder } = await commandLine();
    const file = join(folder, 'mine.backup');
    expect(await run('backup', file)).toMatchObject({ exitCode: exitCodes.ok, answer: { state: 'ready', faces: 3 } });
    expect((await run('backup', '--list')).answer).toHaveLength(1);
    await expect(run('backup', file)).rejects.toMatchObject({ name: 'UsageError' });
    await run('erase', 'someone');
    const restored = await run('restore', file);
    expect(restored.answer).toMatchObject({ audit: 'kept', governance: 'kept' });
    expect(restored.answer.notices.join()).toContain('erased before serving');
    expect(existsSync(restored.answer.aside)).toBe(true);
    expect((await run('retention', 'status')).answer.collections).toMatchObject([{ faces: 2 }]);
  });
});
