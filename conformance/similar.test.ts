import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blankImage, smallSample } from './photos.ts';
import { discard, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';
import { send, sendUnsigned } from './wire.ts';

const bucketsDir = temporaryFolder('likeness-similar-buckets');
const album = temporaryFolder('likeness-album');
let server: Server;
let group: Buffer;
let again: Buffer;
let others: readonly Buffer[];

beforeAll(async () => {
  const [first, ...rest] = await Promise.all(
    ([6, 3, 5] as const).map(async (number) => Buffer.from(await smallSample(number))),
  );
  group = first as Buffer;
  others = rest;
  again = await sharp(group).resize({ width: 400 }).flop().jpeg({ quality: 60 }).toBuffer();
  mkdirSync(join(bucketsDir, 'photos'));
  writeFileSync(join(bucketsDir, 'photos', 'again.jpg'), again);
  for (const [name, photo] of [
    ['again.jpg', again],
    ['b.jpg', others[0]],
    ['c.jpg', others[1]],
  ] as const) {
    writeFileSync(join(album, name), photo as Buffer);
  }
  writeFileSync(join(album, 'broken.jpg'), 'no image');
  server = await startServer({ env: { LIKENESS_BUCKETS_DIR: bucketsDir } });
});
afterAll(async () => {
  await discard(server);
  rmSync(bucketsDir, { recursive: true, force: true });
  rmSync(album, { recursive: true, force: true });
});

const path = '/likeness/v1/similar-images';
const rank = (body: unknown) =>
  send(server, { path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
const sent = (photo: Buffer) => ({ bytes: photo.toString('base64') });
const digestOf = (photo: Buffer) => createHash('sha256').update(photo).digest('hex');
const fails = async (body: unknown, code: string, message: RegExp) => {
  const answer = await rank(body);
  expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, code]);
  expect(answer.json.message ?? answer.json.Message).toMatch(message);
};

describe('images ranked by what they look like', () => {
  it('have the same photo in another form first, and a picture of nothing last', async () => {
    const blank = Buffer.from(await blankImage());
    const { status, json } = await rank({ like: sent(group), candidates: [blank, ...others, again].map(sent) });
    expect({ status, ...json }).toMatchObject({ status: 200, notHeld: [], failed: [], version: expect.any(String) });
    const order = json.ranking.map(({ candidate }: { candidate: number }) => candidate);
    expect(order).toHaveLength(4);
    expect(order[0]).toBe(3);
    expect(order[3]).toBe(0);
    expect(json.ranking[0].sha256).toBe(digestOf(again));
    for (const { similarity } of json.ranking) {
      expect(similarity).toBeGreaterThanOrEqual(0);
      expect(similarity).toBeLessThanOrEqual(100);
    }
    const same = await rank({ like: sent(group), candidates: [sent(group)], minSimilarity: 99.9 });
    expect(same.json.ranking).toHaveLength(1);
  });

  it('are sent once, and named by their digest from then on', async () => {
    const unknown = 'f'.repeat(64);
    const candidates = [{ sha256: digestOf(again) }, { sha256: unknown }];
    const { json } = await rank({ like: { sha256: digestOf(group) }, candidates });
    expect(json.ranking.map(({ candidate }: { candidate: number }) => candidate)).toEqual([0]);
    expect(json.notHeld).toEqual([1]);
    await fails({ like: { sha256: unknown }, candidates }, 'ResourceNotFoundException', /not held/);
  });

  it('may lie in buckets, and fail alone', async () => {
    const object = (name: string) => ({ s3Object: { bucket: 'photos', name } });
    const broken = { bytes: Buffer.from('no image').toString('base64') };
    const { json } = await rank({ like: sent(group), candidates: [object('absent.jpg'), broken, object('again.jpg')] });
    expect(json.ranking.map(({ candidate }: { candidate: number }) => candidate)).toEqual([2]);
    expect(json.failed.map(({ candidate, code }: { candidate: number; code: string }) => [candidate, code])).toEqual([
      [0, 'InvalidS3ObjectException'],
      [1, 'InvalidImageFormatException'],
    ]);
  });

  it('may be ranked by a label instead', async () => {
    const blank = Buffer.from(await blankImage());
    const { status, json } = await rank({ concept: 'person', candidates: [sent(blank), sent(group)] });
    expect(status).toBe(200);
    expect(json.ranking[0].candidate).toBe(1);
    expect(json.ranking[0].similarity).toBeGreaterThan(50);
    expect(json.ranking[1].similarity).toBeLessThan(20);
    await fails({ concept: 'Unicorn of Doom', candidates: [sent(blank)] }, 'InvalidParameterException', /no label/);
  });
});

describe('a request that cannot be', () => {
  it('is refused in words', async () => {
    const candidates = [{ sha256: 'a'.repeat(64) }];
    const parameters = 'InvalidParameterException';
    await fails({ candidates }, parameters, /exactly one of like and concept/);
    await fails({ like: sent(group), concept: 'Dog', candidates }, parameters, /exactly one of like and concept/);
    await fails({ like: sent(group), candidates: [] }, parameters, /1 to 1000 candidates/);
    await fails({ like: {}, candidates }, parameters, /exactly one of bytes, s3Object and sha256/);
    await fails({ like: { bytes: 'no base64!' }, candidates }, parameters, /not in Base64/);
    await fails({ like: sent(Buffer.from('no image')), candidates }, 'InvalidImageFormatException', /image format/);
    await fails({ like: { sha256: 'A' }, candidates }, 'ValidationException', /sha256/);
    await fails({ concept: 'Dog', candidates, minSimilarity: 101 }, 'ValidationException', /minSimilarity/);
  });

  it('is refused without a signature', async () => {
    const answer = await sendUnsigned(server, { path, body: JSON.stringify({ concept: 'Dog', candidates: [] }) });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });
});

describe('likeness similar', () => {
  const photo = join(album, '..', `likeness-photo-${process.pid}.jpg`);
  const similar = (...args: string[]) =>
    runLikeness(server.dataDir, ['similar', album, ...args], { LIKENESS_PORT: new URL(server.url).port });
  beforeAll(() => writeFileSync(photo, group));
  afterAll(() => rmSync(photo));

  it('finds photos, says what failed, and draws a contact sheet', async () => {
    const sheet = join(server.dataDir, 'contact.png');
    const found = await similar('--like', photo, '--json', '--draw', sheet);
    expect({ exitCode: found.exitCode, stderr: found.stderr }).toMatchObject({ exitCode: 5 });
    const told = JSON.parse(found.stdout);
    expect(told.similar[0].file).toBe('again.jpg');
    expect(told.similar).toHaveLength(3);
    expect(told.failures.map(({ file }: { file: string }) => file)).toEqual(['broken.jpg']);
    expect((await sharp(sheet).metadata()).width).toBeGreaterThan(1000);
  }, 180_000);

  it('finds photos that show a label, as a table', async () => {
    const table = await similar('--concept', 'Person', '--max', '1');
    expect(table.stdout).toMatch(/SURE +PHOTO\n.+\.jpg\n1 of 3 photos/);
  }, 180_000);

  it('says what to do where the question is none', async () => {
    const [both, unknown] = await Promise.all([
      similar('--like', photo, '--concept', 'Dog'),
      similar('--concept', 'Unicorn of Doom'),
    ]);
    expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--like <photo> or --concept <label>/) });
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/no label of the table/) });
  }, 180_000);
});
