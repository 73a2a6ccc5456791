import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolders } from '../../../tests/builders/folders.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { openDatabase } from './database.ts';
import { createLogMover } from './log-mover.ts';
import { createScrubber } from './scrub.ts';

const newFolder = temporaryFolders('log-mover');
const migrations = ['CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT'];

const open = () => {
  const file = join(newFolder(), 'notes.db');
  const mover = createLogMover(file);
  const database = openDatabase(file, migrations, mover);
  const insert = (rows: number) =>
    database.write(() => {
      for (let i = 0; i < rows; i++) database.run('INSERT INTO note (words) VALUES (?)', ['remember '.repeat(400)]);
    });
  const logBytes = () => statSync(`${file}-wal`).size;
  return { file, mover, database, insert, logBytes };
};

it('moves the log beside who commits, so that it does not grow', async () => {
  const { file, mover, database, insert, logBytes } = open();
  for (let i = 0; i < 30; i++) {
    insert(200);
    await mover.settle();
  }
  expect(statSync(file).size).toBeGreaterThan(29 * 200 * 3600);
  expect(logBytes()).toBeLessThan(5 * 200 * 4096);
  await mover.close();
  database.close();
});

it('leaves few changes in the log, and lets it be emptied while more of them move', async () => {
  const { file, mover, database, insert, logBytes } = open();
  insert(3);
  await mover.settle();
  expect(readFileSync(file).includes('remember')).toBe(false);
  insert(500);
  await createScrubber(database, mover).scrub();
  expect(logBytes()).toBe(0);
  expect(readFileSync(file).includes('remember')).toBe(true);
  await mover.close();
  insert(500);
  await mover.settle();
  database.close();
  expect(statSync(file).size).toBeGreaterThan(1000 * 3600);
});

it('is closed before a process with nothing more to do ends', () => {
  const built = (name: string) => JSON.stringify(pathToFileURL(join(packageRoot(), 'dist/stores/sqlite', name)).href);
  const program = `
    import { openDatabase } from ${built('database.js')};
    import { createLogMover } from ${built('log-mover.js')};
    const file = process.argv[1];
    const mover = createLogMover(file);
    const database = openDatabase(file, ${JSON.stringify(migrations)}, mover);
    database.write(() => {
      for (let row = 0; row < 500; row++) database.run("INSERT INTO note (words) VALUES ('x')");
    });
    await mover.settle();
    await mover.close();
    database.close();
    process.stdout.write('closed');
  `;
  const file = join(newFolder(), 'notes.db');
  const outcome = spawnSync(process.execPath, ['--input-type=module', '-e', program, file], { encoding: 'utf8' });
  expect([outcome.status, outcome.stdout, outcome.stderr]).toEqual([0, 'closed', '']);
});

it('lets commits go on when it cannot run', async () => {
  const folder = newFolder();
  const mover = createLogMover(join(folder, 'no-such-folder', 'notes.db'));
  const database = openDatabase(join(folder, 'notes.db'), migrations, mover);
  for (let i = 0; i < 3; i++) {
    database.write(() => {
      for (let row = 0; row < 200; row++) database.run("INSERT INTO note (words) VALUES ('x')");
    });
    await mover.settle();
  }
  expect(database.get<{ n: number }>('SELECT count(*) AS n FROM note')?.n).toBe(600);
  await mover.close();
  database.close();
});
