import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase } from './database.ts';
import { createScrubber } from './scrub.ts';

const root = mkdtempSync(join(tmpdir(), 'likeness-scrub-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const migrations = ['CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT'];
const setUp = (name: string) => {
  const file = join(root, name);
  const database = openDatabase(file, migrations);
  database.run("INSERT INTO note (words) VALUES ('to be forgotten')");
  return { file, database, logBytes: () => statSync(`${file}-wal`).size };
};

describe('scrubbing', () => {
  it('empties the log, in one step for all who ask in one turn', async () => {
    const { database, logBytes } = setUp('together.db');
    let emptied = 0;
    const scrubber = createScrubber({
      ...database,
      truncateLog: () => {
        emptied++;
        return database.truncateLog();
      },
    });
    expect(logBytes()).toBeGreaterThan(0);
    await Promise.all([scrubber.scrub(), scrubber.scrub(), scrubber.scrub()]);
    expect(logBytes()).toBe(0);
    expect(emptied).toBe(1);
    await scrubber.scrub();
    expect(emptied).toBe(2);
    database.close();
  });

  it('waits for a reader of the log, and is done only when the log is empty', async () => {
    const { file, database, logBytes } = setUp('reader.db');
    const reader = openDatabase(file, migrations);
    reader.run('BEGIN');
    reader.all('SELECT count(*) AS n FROM note');
    database.run("UPDATE note SET words = 'forgotten'");
    let done = false;
    const scrubbing = createScrubber(database)
      .scrub()
      .then(() => {
        done = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(done).toBe(false);
    expect(logBytes()).toBeGreaterThan(0);
    reader.run('COMMIT');
    await scrubbing;
    expect(logBytes()).toBe(0);
    reader.close();
    database.close();
  });

  it('does not begin while the databases are copied', async () => {
    const { database, logBytes } = setUp('copied.db');
    const scrubber = createScrubber(database);
    let copied: () => void = () => {};
    scrubber.holdFor(new Promise<void>((resolve) => (copied = resolve)));
    const scrubbing = scrubber.scrub();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(logBytes()).toBeGreaterThan(0);
    copied();
    await scrubbing;
    expect(logBytes()).toBe(0);
    database.close();
  });
});
