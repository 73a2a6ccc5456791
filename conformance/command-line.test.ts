import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blankImage, frontalFaces, retouched, smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';

const folder = temporaryFolder('likeness-command-line');
const photo = join(folder, 'one.jpg');
const blank = join(folder, 'blank.jpg');
const album = join(folder, 'album');
let server: Server;

beforeAll(async () => {
  mkdirSync(album);
  const sample = await smallSample(6);
  writeFileSync(photo, sample);
  writeFileSync(blank, await blankImage());
  writeFileSync(join(album, 'a.jpg'), sample);
  writeFileSync(join(album, 'b.jpg'), await retouched(sample));
  server = await startServer();
});
afterAll(async () => {
  await discard(server);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command against the started server, as a user beside it would. */
const likeness = (...args: string[]) => runLikeness(server.dataDir, args, { LIKENESS_PORT: new URL(server.url).port });

describe('the command line', () => {
  it('detects faces, as a table or as JSON', async () => {
    const table = await likeness('detect-faces', photo);
    expect(table.exitCode).toBe(0);
    const { exitCode, stdout } = await likeness('detect-faces', photo, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.stringify(JSON.parse(stdout)).match(/"BoundingBox"/g)).toHaveLength(frontalFaces[6]);
  });

  it('makes a collection, indexes a folder, goes on where it stopped, and searches', async () => {
    expect((await likeness('collections', 'create', 'album')).exitCode).toBe(0);
    const indexed = await likeness('index', 'album', album, '--json');
    expect({ exitCode: indexed.exitCode, stderr: indexed.stderr }).toMatchObject({ exitCode: 0 });
    const count = async () => JSON.parse((await likeness('collections', 'describe', 'album', '--json')).stdout);
    expect(JSON.stringify(await count())).toMatch(new RegExp(`[cC]ount":${2 * frontalFaces[6]}\\b`));
    expect((await likeness('index', 'album', album)).exitCode).toBe(0);
    expect(JSON.stringify(await count())).toMatch(new RegExp(`[cC]ount":${2 * frontalFaces[6]}\\b`));
    const found = await likeness('search', 'album', photo, '--json');
    expect(found.exitCode).toBe(0);
    expect(found.stdout.match(/"Similarity"|"similarity"/g)).toHaveLength(2);
    expect((await likeness('collections', 'delete', 'album')).exitCode).toBe(0);
  });

  it('calls a server by its address with the credentials of AWS tools', async () => {
    const elsewhere = temporaryFolder();
    const env = { AWS_SHARED_CREDENTIALS_FILE: server.credentialsFile };
    const listed = await runLikeness(elsewhere, ['--endpoint', server.url, 'collections', 'list', '--json'], env);
    expect({ exitCode: listed.exitCode, stderr: listed.stderr }).toMatchObject({ exitCode: 0 });
    rmSync(elsewhere, { recursive: true });
  });

  it('says by its exit code what went wrong', async () => {
    expect((await likeness('search', 'missing', photo)).exitCode).toBe(4);
    expect((await likeness('collections', 'create', 'harm', '--purpose', 'police')).exitCode).toBe(3);
    expect((await likeness('detect-faces')).exitCode).not.toBe(0);
    const noFace = await likeness('compare', blank, photo);
    expect(noFace.exitCode).toBe(1);
    expect(noFace.stderr).toContain('InvalidParameterException');
  });

  it('prints every setting and masks secrets', async () => {
    const { exitCode, stdout } = await runLikeness(server.dataDir, ['config'], {
      LIKENESS_S3_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      LIKENESS_S3_SECRET_ACCESS_KEY: 'a-secret-to-be-masked',
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('LIKENESS_QUEUE_LIMIT');
    expect(stdout).toContain('LIKENESS_S3_SECRET_ACCESS_KEY');
    expect(stdout).not.toContain('a-secret-to-be-masked');
  });

  it('lists and verifies the models, and tells their calibration', async () => {
    const listed = await server.likeness('models', 'list', '--json');
    expect(JSON.parse(listed.stdout).length).toBeGreaterThan(3);
    expect((await server.likeness('models', 'verify')).exitCode).toBe(0);
    expect((await server.likeness('models', 'calibration')).stdout).toContain('80');
  });
});
