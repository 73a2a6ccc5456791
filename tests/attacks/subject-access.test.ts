import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import type { OwnOperationName, OwnRequestOf, OwnResponseOf } from '../../src/contract/index.ts';
import { type RunningServer, serveHouse } from '../../src/server.ts';
import { type WiredHouse, wire } from '../builders/open-house.ts';

let folder = '';
let server: RunningServer;
let house: WiredHouse;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-subjects-'));
  const env = {
    LIKENESS_DATA_DIR: join(folder, 'data'),
    LIKENESS_TRUST_DIR: join(folder, 'trust'),
    LIKENESS_PORT: '0',
    LIKENESS_LOG_LEVEL: 'silent',
  };
  house = await wire(loadConfig({ env, cwd: folder }), { vision: false });
  server = await serveHouse(house);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (operation: string, request: unknown): Promise<unknown> => {
  const signal = new AbortController().signal;
  const call = { requestId: 'r', caller: house.localCaller, operation, request, signal };
  return (await house.dispatch(call)).response;
};
const operator = <Name extends OwnOperationName>(name: Name, request: OwnRequestOf<Name>) =>
  ask(name, request) as Promise<OwnResponseOf<Name>>;

let people = 0;

/** Someone who consented and has faces in a collection; each with a token of their own. */
async function enrolled(faces = 1): Promise<{ subject: string; token: string; faceIds: string[] }> {
  const subject = `person-${++people}`;
  const collectionId = `badges-${people}`;
  const { collections } = house.stores;
  const dimensions = house.faceModels.calibration(house.faceModels.current).dimensions;
  await ask('CreateCollection', { CollectionId: collectionId, Tags: { 'likeness:purpose': 'access-control' } });
  const { token = '' } = await operator('GrantConsent', {
    subject,
    purpose: 'access-control',
    noticeText: 'Your face opens the door.',
    method: 'signed-form',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const faceIds = Array.from({ length: faces }, (_, i) => `00000000-0000-4000-8000-${people}${i}`.padEnd(36, '0'));
  await collections.addFaces(collectionId, {
    imageId: `image-${people}`,
    externalImageId: subject,
    modelVersion: house.faceModels.current,
    maxFaces: 100,
    faces: faceIds.map((faceId, i) => ({
      faceId,
      box: { left: i / 10, top: 0.1, width: 0.05, height: 0.1 },
      confidence: 99,
      template: Float32Array.from({ length: dimensions }, (_, d) => Math.sin(people * 7 + i + d)),
    })),
  });
  return { subject, token, faceIds };
}

const page = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.address.url}/likeness/subject`, { method: 'POST', body: new URLSearchParams(form), headers });
const json = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.address.url}/likeness/v1/subject/${path}`, { method: 'POST', body: JSON.stringify(body) });
const hostile = `"><script>alert('x')</script>\r\nset-cookie: a=b`;

describe('the token of a receipt', () => {
  it('shows what is held of its person, and of nobody else', async () => {
    const [one, other] = [await enrolled(2), await enrolled()];
    const shown = await (await page({ token: one.token, step: 'show' })).text();
    for (const faceId of one.faceIds) expect(shown).toContain(faceId);
    for (const faceId of other.faceIds) expect(shown).not.toContain(faceId);
    expect(shown).not.toContain(other.subject);
  });

  it('is asked for by a page that works without a script and without a cookie', async () => {
    const response = await fetch(`${server.address.url}/likeness/subject`);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).not.toContain('<script');
  });

  it('gives a download with the receipt and no template', async () => {
    const { token, faceIds } = await enrolled();
    const response = await page({ token, step: 'download' });
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="likeness-[\w-]+\.json"$/);
    const document = JSON.parse(await response.text());
    expect(document.faces.map(({ faceId }: { faceId: string }) => faceId)).toEqual(faceIds);
    expect(document.consentReceipt.signature.algorithm).toBe('Ed25519');
    expect(JSON.stringify(document)).not.toContain(token);
    expect(Object.keys(document).join()).not.toMatch(/template|embedding|vector/i);
  });

  it('withdraws: nothing is left when the page has answered, and the token then shows the proof', async () => {
    const { token, subject, faceIds } = await enrolled(3);
    await page({ token, step: 'contest', text: 'my own words' });
    expect(await (await page({ token, step: 'confirm' })).text()).toContain('Withdraw and erase?');
    expect(await house.stores.collections.findFacesOfSubject(`badges-${people}`, subject)).toHaveLength(3);
    expect((await page({ token, step: 'withdraw' })).status).toBe(200);
    expect(await house.stores.collections.findFacesOfSubject(`badges-${people}`, subject)).toHaveLength(0);
    const after = await (await page({ token, step: 'show' })).text();
    expect(after).toContain('withdrawn');
    for (const faceId of faceIds) expect(after).not.toContain(faceId);
    expect(JSON.parse(await (await page({ token, step: 'download' })).text()).certificate).toBeDefined();
    // What they wrote went with the rest.
    expect((await operator('ListContests', {})).contests).toEqual([]);
    // Once more is no harm and no second erasure.
    expect((await page({ token, step: 'withdraw' })).status).not.toBe(200);
  });

  it('contests, and the person reads the answer', async () => {
    const { token, faceIds } = await enrolled();
    await page({ token, step: 'contest', text: `That is not me. ${hostile}`, faceId: faceIds[0] ?? '' });
    const { contests } = await operator('ListContests', { state: 'open' });
    const contest = contests.find(({ text }) => text.includes('That is not me.'));
    expect(contest?.faceId).toBe(faceIds[0]);
    await operator('AnswerContest', { contestId: contest?.contestId ?? '', answer: `We looked. ${hostile}` });
    const shown = await (await page({ token, step: 'show' })).text();
    expect(shown).toContain('We looked.');
    expect(shown).not.toContain('<script');
  });

  it('contests no face of another person, and not without end', async () => {
    const [one, other] = [await enrolled(), await enrolled()];
    const foreign = await json('contest', { token: one.token, text: 'x', faceId: other.faceIds[0] });
    expect(foreign.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException');
    const codes: (string | null)[] = [];
    for (let i = 0; i < 21; i++) {
      codes.push((await json('contest', { token: one.token, text: `word ${i}` })).headers.get('x-amzn-errortype'));
    }
    expect(codes.filter((code) => code !== null)).toEqual(['LimitExceededException']);
  });

  it('is written nowhere: not into the audit, not into any file', async () => {
    const { token, subject } = await enrolled();
    await page({ token, step: 'show' });
    const records = await house.stores.audit.read({ afterSequence: 0, limit: 10_000 });
    const said = records.map(({ body }) => body).join();
    expect(said).toContain('ShowSubject');
    for (const secret of [token, subject]) expect(said).not.toContain(secret);
    const files = (below: string): string[] =>
      readdirSync(below).flatMap((name) => {
        const path = join(below, name);
        if (name.startsWith('lock')) return [];
        return statSync(path).isDirectory() ? files(path) : [path];
      });
    for (const file of files(folder)) expect(readFileSync(file).includes(token), file).toBe(false);
  });

  it('is audited under the purpose of its receipt and a code for its person', async () => {
    const { token } = await enrolled();
    await page({ token, step: 'show' });
    const records = (await house.stores.audit.read({ afterSequence: 0, limit: 10_000 })).map(
      ({ body }) => JSON.parse(body) as Record<string, unknown>,
    );
    expect(records.at(-1)).toMatchObject({
      kind: 'outcome',
      operation: 'ShowSubject',
      purpose: 'access-control',
      actor: { person: 'subject', accessKeyId: '-' },
      subjects: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    });
  });
});

describe('whoever has no token', () => {
  it('is told the same whatever was wrong with what they sent', async () => {
    const { token } = await enrolled();
    const wrong = ['x', 'A'.repeat(43), token.slice(0, -1), `${token}A`, token.toLowerCase(), ' '];
    const answers = await Promise.all(wrong.map((one) => page({ token: one, step: 'show' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
  });

  it('is refused by the operations too, with or without a signature', async () => {
    for (const path of ['show', 'download', 'withdraw']) {
      expect((await json(path, { token: 'B'.repeat(43) })).headers.get('x-amzn-errortype')).toMatch(
        /AccessDenied|Throttling/,
      );
    }
    await expect(operator('ShowSubject', { token: 'B'.repeat(43) })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
    expect((await json('show', {})).headers.get('x-amzn-errortype')).toMatch(/Validation|Throttling/);
  });

  it('opens no other operation without a signature', async () => {
    const response = await fetch(`${server.address.url}/likeness/v1/audit/records`);
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    const { subjectCaller } = await import('../../src/governance/index.ts');
    for (const operation of ['ListCollections', 'GetConsent', 'ListContests', 'SearchFaces', 'GrantConsent']) {
      const signal = new AbortController().signal;
      const request = { CollectionId: 'c', FaceId: 'f' };
      const call = { requestId: 'r', caller: subjectCaller, operation, request, signal };
      await expect(house.dispatch(call)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    }
  });

  it('sends no form from another page, and none that is too large', async () => {
    const { token } = await enrolled();
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ]) {
      expect((await page({ token, step: 'withdraw' }, headers as never)).status).toBe(403);
    }
    expect((await page({ token, step: 'contest', text: 'x'.repeat(100_000) })).status).toBe(413);
    // Nothing of it was done.
    expect(await (await page({ token, step: 'show' }, { origin: server.address.url })).text()).toContain('in force');
  });

  it('is slowed down after a few tries, and so is nobody with a token before', async () => {
    const { token } = await enrolled();
    let status = 0;
    for (let i = 0; i < 20 && status !== 429; i++) {
      status = (await page({ token: `guess-${i}`, step: 'show' })).status;
    }
    expect(status).toBe(429);
    expect((await page({ token, step: 'show' })).status).toBe(429);
    expect((await json('show', { token })).headers.get('x-amzn-errortype')).toBe('ThrottlingException');
  });
});
