import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readBackupHeader } from '../../src/backup/index.ts';
import { restoreInto } from '../../src/compose/restore.ts';
import { loadConfig } from '../../src/config/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { verifyDocument } from '../../src/shared/signing.ts';
import { enrol, makeCollection } from '../builders/enrolled.ts';
import { refusalOf } from '../builders/gate.ts';
import { type Desk, type Office, openOffice } from '../builders/office.ts';
import { until } from '../faults/processes.ts';
import { seededRandom } from '../faults/random.ts';

const dayMs = 86_400_000;

/** An office with two collections of two purposes, and someone in both. */
async function officeWithSomeone() {
  const office = await openOffice();
  onTestFinished(() => rmSync(`${office.dataDir}-backups`, { recursive: true, force: true }));
  await makeCollection(office.house, 'photos', 'photo-library');
  await makeCollection(office.house, 'door', 'access-control');
  for (const collection of ['photos', 'door']) {
    await enrol(office.house, collection, 'someone');
    await enrol(office.house, collection, 'other');
  }
  return office;
}

/** How many faces of a subject each collection holds. */
async function facesOf(office: Office, subject: string, collections: readonly string[] = ['photos', 'door']) {
  return Promise.all(
    collections.map(async (id) => (await office.house.stores.collections.findFacesOfSubject(id, subject)).length),
  );
}

function configOf(office: Office) {
  return loadConfig({
    env: { LIKENESS_DATA_DIR: office.dataDir, LIKENESS_TRUST_DIR: `${office.dataDir}-trust` },
    cwd: tmpdir(),
  });
}

/** Begins a backup and waits for it. @returns its file */
async function backUp(desk: Desk): Promise<string> {
  const { backup } = await desk.own('CreateBackup', {});
  for (;;) {
    const found = (await desk.own('ListBackups', {})).backups.find(({ backupId }) => backupId === backup.backupId);
    if (found?.state !== 'running') {
      expect(found).toMatchObject({ state: 'ready' });
      return backup.file;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Shifts the clock of everything that is opened from now on. */
function shiftClock() {
  const real = Date.now.bind(Date);
  let offset = 0;
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => real() + offset);
  onTestFinished(() => spy.mockRestore());
  return {
    by: (ms: number) => {
      offset += ms;
    },
  };
}

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('an erasure', () => {
  it('reaches every collection, leaves others alone, and says so in a certificate that anyone can verify', async () => {
    const office = await officeWithSomeone();
    const { certificate } = await office.operator.own('EraseSubject', { subject: 'someone' });
    expect(await facesOf(office, 'someone')).toEqual([0, 0]);
    expect(await facesOf(office, 'other')).toEqual([1, 1]);
    expect(certificate.counts).toMatchObject({ faces: { before: 2, after: 0 }, keys: { before: 2, after: 0 } });
    expect(certificate.collections).toMatchObject({ photos: { faces: { before: 1, after: 0 } } });
    expect(verifyDocument(office.house.keyring.signer.publicKeyPem, certificate)).toBe(true);
    expect(JSON.stringify(certificate)).not.toContain('someone');
    const edited = { ...certificate, counts: { faces: { before: 2, after: 0 } } };
    expect(verifyDocument(office.house.keyring.signer.publicKeyPem, edited)).toBe(false);
    const kept = await office.operator.own('GetErasureCertificate', { certificateId: certificate.certificateId });
    expect(kept).toEqual({ state: 'done', certificate });
  });

  it('under one purpose leaves the others', async () => {
    const office = await officeWithSomeone();
    await office.operator.own('EraseSubject', { subject: 'someone', purpose: 'access-control' });
    expect(await facesOf(office, 'someone')).toEqual([1, 0]);
  });

  it('takes the face for the subject where none is named, and erases a face that has a user', async () => {
    const office = await officeWithSomeone();
    const unnamed = await enrol(office.house, 'photos', undefined);
    const { certificate } = await office.operator.own('EraseSubject', { collectionId: 'photos', faceId: unnamed });
    expect(certificate.counts).toMatchObject({ faces: { before: 1, after: 0 } });
    expect(await office.house.stores.collections.findFaces('photos', [unnamed])).toEqual([]);
  });

  it('leaves no key of the subject in any file, and its tombstone names nobody', async () => {
    const office = await officeWithSomeone();
    await office.operator.own('EraseSubject', { subject: 'someone' });
    for (const file of [...filesBelow(office.dataDir), ...filesBelow(`${office.dataDir}-trust`)]) {
      expect(readFileSync(file).includes('someone'), file).toBe(false);
    }
    expect(await office.house.stores.collections.subjectPseudonym('photos', 'someone')).toBeUndefined();
  });

  it('is not asked for without the role', async () => {
    const office = await officeWithSomeone();
    const searcher = await office.hire('searcher', ['searcher']);
    for (const [name, request] of [
      ['EraseSubject', { subject: 'someone' }],
      ['RunRetentionSweep', {}],
      ['CreateBackup', {}],
      ['PlaceLegalHold', { subject: 'someone', reason: 'x' }],
      ['ListErasures', {}],
      ['RunOrphanScan', {}],
    ] as const) {
      expect((await refusalOf(searcher.call(name, request))).code, name).toBe('AccessDeniedException');
    }
    expect(await facesOf(office, 'someone')).toEqual([1, 1]);
  });
});

describe('the data key of a subject', () => {
  it('stands in no file any more after the erasure, sealed as it was, with the write-ahead logs', async () => {
    const office = await officeWithSomeone();
    const database = new Libsql(join(office.dataDir, 'collections.db'), { readonly: true });
    const keys = database.prepare('SELECT sealed FROM subject_key').all([]) as { sealed: ArrayBuffer }[];
    const templates = database.prepare('SELECT template FROM face').all([]) as { template: ArrayBuffer }[];
    database.close();
    const traces = [...keys.map(({ sealed }) => sealed), ...templates.map(({ template }) => template)].map((bytes) =>
      Buffer.from(bytes),
    );
    const standing = () =>
      traces.filter((trace) => filesBelow(office.dataDir).some((file) => readFileSync(file).includes(trace))).length;
    expect(standing()).toBe(8);
    await office.operator.own('EraseSubject', { subject: 'someone' });
    expect(standing()).toBe(4);
    await office.operator.own('EraseSubject', { subject: 'other' });
    expect(standing()).toBe(0);
  });
});

describe('kill -9 in the middle of erasures', () => {
  it('loses no acknowledged one, and ends the one that was under way at the next start', async () => {
    const random = seededRandom(2016_06_27);
    const office = await officeWithSomeone();
    const subjects = Array.from({ length: 60 }, (_, i) => `subject-${i}`);
    for (const subject of subjects) {
      await enrol(office.house, 'photos', subject);
      await enrol(office.house, 'door', subject);
    }
    await office.house.close();
    const acknowledged = new Set<string>();
    let restarted = office;
    for (let round = 0; round < 3; round += 1) {
      const left = subjects.filter((subject) => !acknowledged.has(subject));
      const child = spawn(process.execPath, ['tests/faults/eraser.mjs', office.dataDir, left.join(',')], {
        cwd: packageRoot(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const enough = 2 + random.below(6);
      await until('some were erased', () => said.split('\n').length > enough || child.exitCode !== null);
      await new Promise((resolve) => setTimeout(resolve, random.below(40)));
      child.kill('SIGKILL');
      await ended;
      for (const line of said.split('\n').slice(1, -1)) acknowledged.add(line);
      restarted = await office.restart();
      for (const subject of acknowledged) expect(await facesOf(restarted, subject), subject).toEqual([0, 0]);
      for (const subject of subjects)
        expect([
          [0, 0],
          [1, 1],
        ]).toContainEqual(await facesOf(restarted, subject));
      const { erasures } = await restarted.operator.own('ListErasures', { limit: 1_000 });
      expect(erasures.map(({ state }) => state)).toEqual(erasures.map(() => 'done'));
      expect(erasures.length).toBeGreaterThanOrEqual(acknowledged.size);
      await restarted.house.close();
    }
    expect(acknowledged.size).toBeGreaterThan(5);
  }, 120_000);
});

describe('the orphan scan', () => {
  it('names a data key that no row refers to, and finds nothing in a folder as it should be', async () => {
    const office = await officeWithSomeone();
    await office.operator.own('EraseSubject', { subject: 'someone' });
    expect((await office.operator.own('RunOrphanScan', {})).orphans).toEqual([]);
    await office.house.close();
    const database = new Libsql(join(office.dataDir, 'collections.db'));
    database.exec(
      "INSERT INTO subject_key SELECT collection_number, 'planted', made_at_ms, sealed FROM subject_key LIMIT 1",
    );
    database.close();
    const again = await office.restart();
    expect((await again.operator.own('RunOrphanScan', {})).orphans).toMatchObject([
      { what: 'subject key', source: 'collections' },
    ]);
  });
});

describe('an answer that is kept for a repeated request', () => {
  it('is forgotten with the subject that it names, and others are not', async () => {
    const office = await officeWithSomeone();
    const { collections, idempotency } = office.house.stores;
    for (const subject of ['someone', 'other']) {
      await office.operator.call('CreateUser', { CollectionId: 'photos', UserId: subject });
      const [face] = await collections.findFacesOfSubject('photos', subject);
      await office.operator.call('AssociateFaces', {
        CollectionId: 'photos',
        UserId: subject,
        FaceIds: [face?.faceId],
        ClientRequestToken: subject,
      });
    }
    expect(await idempotency.list()).toHaveLength(2);
    const { certificate } = await office.operator.own('EraseSubject', { subject: 'someone' });
    expect(certificate.counts).toMatchObject({ answers: { before: 1, after: 0 }, users: { before: 1, after: 0 } });
    expect(await idempotency.list()).toHaveLength(1);
  });
});

describe('a key that is limited to some collections', () => {
  it('erases, sweeps, holds and backs up nothing', async () => {
    const office = await officeWithSomeone();
    const limited = office.desk({ ...office.operator.caller, collections: ['photos'] });
    for (const [name, request] of [
      ['EraseSubject', { subject: 'someone' }],
      ['EraseSubject', { collectionId: 'photos', faceId: 'x' }],
      ['RunRetentionSweep', {}],
      ['RunOrphanScan', {}],
      ['CreateBackup', {}],
      ['PlaceLegalHold', { collectionId: 'photos', reason: 'x' }],
    ] as const) {
      expect((await refusalOf(limited.call(name, request))).code, name).toBe('AccessDeniedException');
    }
  });
});

describe('an old data folder, copied over the new one by hand', () => {
  it.each([['everything'], ['collections.db alone']])('brings no one back (%s)', async (what) => {
    const office = await officeWithSomeone();
    const { dataDir } = office;
    const old = `${dataDir}-old`;
    onTestFinished(() => rmSync(old, { recursive: true, force: true }));
    await office.house.close();
    cpSync(dataDir, old, { recursive: true });
    const erasing = await office.restart();
    await erasing.operator.own('EraseSubject', { subject: 'someone' });
    await erasing.house.close();
    for (const name of what === 'everything' ? readdirSync(old) : ['collections.db']) {
      for (const tail of ['-wal', '-shm']) rmSync(join(dataDir, `${name}${tail}`), { force: true });
      cpSync(join(old, name), join(dataDir, name), { recursive: true });
    }
    const restored = await erasing.restart();
    expect(await facesOf(restored, 'someone')).toEqual([0, 0]);
    expect(await facesOf(restored, 'other')).toEqual([1, 1]);
    expect(restored.notices.join('\n')).toMatch(/had been erased were in the data folder again/);
    expect((await restored.operator.own('RunOrphanScan', {})).orphans).toEqual([]);
  });

  it('brings no deleted face or collection of people who consented back, while a photo library may be put back', async () => {
    const office = await officeWithSomeone();
    const { dataDir } = office;
    const old = `${dataDir}-old`;
    onTestFinished(() => rmSync(old, { recursive: true, force: true }));
    await makeCollection(office.house, 'hall', 'access-control');
    await enrol(office.house, 'hall', 'visitor');
    const [door] = await office.house.stores.collections.findFacesOfSubject('door', 'someone');
    const [photo] = await office.house.stores.collections.findFacesOfSubject('photos', 'someone');
    await office.house.close();
    cpSync(dataDir, old, { recursive: true });
    const deleting = await office.restart();
    await deleting.operator.call('DeleteFaces', { CollectionId: 'door', FaceIds: [door?.faceId] });
    await deleting.operator.call('DeleteFaces', { CollectionId: 'photos', FaceIds: [photo?.faceId] });
    await deleting.operator.call('DeleteCollection', { CollectionId: 'hall' });
    await deleting.house.close();
    for (const tail of ['', '-wal', '-shm']) rmSync(join(dataDir, `collections.db${tail}`), { force: true });
    cpSync(join(old, 'collections.db'), join(dataDir, 'collections.db'));
    const restored = await deleting.restart();
    expect(await facesOf(restored, 'someone')).toEqual([1, 0]);
    expect(await restored.house.stores.collections.findCollection('hall')).toBeUndefined();
  });

  it('leaves who came back with a new consent, and a collection that was made anew', async () => {
    const office = await officeWithSomeone();
    await office.operator.own('EraseSubject', { subject: 'someone' });
    await enrol(office.house, 'door', 'someone');
    await makeCollection(office.house, 'hall', 'access-control');
    await office.operator.call('DeleteCollection', { CollectionId: 'hall' });
    await makeCollection(office.house, 'hall', 'access-control');
    await enrol(office.house, 'hall', 'visitor');
    const again = await office.restart();
    expect(await facesOf(again, 'someone')).toEqual([0, 1]);
    expect(await facesOf(again, 'visitor', ['hall'])).toEqual([1]);
  });
});

describe('the tombstones', () => {
  const pathOf = (office: Office) => join(`${office.dataDir}-trust`, 'tombstones.jsonl');

  it('are refused when a line was changed, moved or taken out of the middle', async () => {
    const office = await officeWithSomeone();
    for (const subject of ['someone', 'other', 'third']) await office.operator.own('EraseSubject', { subject });
    await office.house.close();
    const lines = readFileSync(pathOf(office), 'utf8').trimEnd().split('\n');
    const [a = '', b = '', c = ''] = lines;
    for (const tampered of [
      [a, c],
      [b, a, c],
      [b, c],
      [a, b.replace(/"erasedAtMs":\d+/, '"erasedAtMs":1'), c],
      [a, 'nonsense', c],
    ]) {
      writeFileSync(pathOf(office), `${tampered.join('\n')}\n`);
      await expect(openOffice(office.dataDir)).rejects.toThrow(/line \d was changed, moved/);
    }
    writeFileSync(pathOf(office), `${lines.join('\n')}\n`);
    expect((await openOffice(office.dataDir)).notices).toEqual([]);
  });

  it('come back from the certificates when lines were cut off or the file was deleted, and the operator is told', async () => {
    for (const cut of [1, 0]) {
      const office = await officeWithSomeone();
      await office.operator.own('EraseSubject', { subject: 'someone' });
      await office.operator.own('EraseSubject', { subject: 'other' });
      await office.house.close();
      const lines = readFileSync(pathOf(office), 'utf8').trimEnd().split('\n');
      if (cut === 0) rmSync(pathOf(office));
      else writeFileSync(pathOf(office), `${lines.slice(0, cut).join('\n')}\n`);
      const again = await office.restart();
      expect(again.notices.join('\n')).toMatch(/lacks lines that this data folder knows of/);
      expect(readFileSync(pathOf(again), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    }
  });

  it('do not stop a start when a crash cut the last line off', async () => {
    const office = await officeWithSomeone();
    await office.operator.own('EraseSubject', { subject: 'someone' });
    await office.house.close();
    writeFileSync(pathOf(office), `${readFileSync(pathOf(office), 'utf8')}{"sequence":2,"ha`);
    const again = await office.restart();
    await again.operator.own('EraseSubject', { subject: 'other' });
    expect((await again.restart()).notices).toEqual([]);
  });
});

describe('a legal hold', () => {
  /** An office with a second admin, so that two persons can agree. */
  async function officeOfTwo() {
    const office = await officeWithSomeone();
    const second = await office.hire('second', ['admin']);
    const agree = async (
      name: 'PlaceLegalHold' | 'ReleaseLegalHold',
      request: Record<string, string>,
    ): Promise<Readonly<Record<string, string>>> => {
      const asked = await office.operator.own(name, request as never);
      expect(asked.status).toBe('pending');
      const approved = await second.own('ApproveProposal', {
        proposalId: asked.proposalId ?? '',
        digest: asked.digest ?? '',
      });
      return approved.result as Readonly<Record<string, string>>;
    };
    return { ...office, second, agree };
  }

  it('is not placed by one person, under whatever keys', async () => {
    const office = await officeOfTwo();
    const asked = await office.operator.own('PlaceLegalHold', { subject: 'someone', reason: 'case 1' });
    const approval = { proposalId: asked.proposalId ?? '', digest: asked.digest ?? '' };
    expect((await refusalOf(office.operator.own('ApproveProposal', approval))).code).toBe('AccessDeniedException');
    const otherKey = office.desk({ ...office.operator.caller, accessKeyId: 'another' });
    expect((await refusalOf(otherKey.own('ApproveProposal', approval))).code).toBe('AccessDeniedException');
    expect((await office.operator.own('ListLegalHolds', {})).holds).toEqual([]);
  });

  it('suspends an erasure, hides the subject from searches at once, and lets it go when it ends', async () => {
    const office = await officeOfTwo();
    const { holdId = '' } = await office.agree('PlaceLegalHold', { subject: 'someone', reason: 'case 1' });
    const { certificate } = await office.operator.own('EraseSubject', { subject: 'someone' });
    expect(certificate).toMatchObject({ suspendedBy: [holdId], counts: { faces: { before: 2, after: 2 } } });
    expect(await facesOf(office, 'someone')).toEqual([1, 1]);
    const found = async (where: Office, subject: string) => {
      const [face] = await where.house.stores.collections.findFacesOfSubject('photos', subject);
      const request = { CollectionId: 'photos', FaceId: face?.faceId, FaceMatchThreshold: 0 };
      const { FaceMatches } = (await where.operator.call('SearchFaces', request)) as {
        FaceMatches: { Face: { ExternalImageId: string } }[];
      };
      return FaceMatches.map(({ Face }) => Face.ExternalImageId);
    };
    expect(await found(office, 'other')).toEqual([]);
    expect((await refusalOf(found(office, 'someone'))).code).toBe('InvalidParameterException');
    const again = await office.restart();
    expect(await found(again, 'other')).toEqual([]);
    const second = again.desk(office.second.caller);
    const asked = await again.operator.own('ReleaseLegalHold', { holdId });
    const { result } = await second.own('ApproveProposal', {
      proposalId: asked.proposalId ?? '',
      digest: asked.digest ?? '',
    });
    expect(result).toMatchObject({ erased: '1' });
    expect(await facesOf(again, 'someone')).toEqual([0, 0]);
    const kept = await again.operator.own('GetErasureCertificate', { certificateId: certificate.certificateId });
    expect(kept).toMatchObject({ state: 'done', certificate: { counts: { faces: { before: 2, after: 0 } } } });
  });

  it('is not got around by deleting faces, users or the collection, of a subject or as a whole', async () => {
    const office = await officeOfTwo();
    await office.agree('PlaceLegalHold', { subject: 'someone', reason: 'case 1' });
    const [face] = await office.house.stores.collections.findFacesOfSubject('photos', 'someone');
    await office.house.stores.collections.createUser('photos', 'someone');
    for (const [name, request] of [
      ['DeleteFaces', { CollectionId: 'photos', FaceIds: [face?.faceId] }],
      ['DeleteUser', { CollectionId: 'photos', UserId: 'someone' }],
      ['DeleteCollection', { CollectionId: 'photos' }],
    ] as const) {
      const refusal = await refusalOf(office.operator.call(name, request));
      expect(refusal, name).toMatchObject({ code: 'AccessDeniedException' });
      expect(refusal.message).toContain('legal hold');
    }
    const { certificate } = await office.operator.own('EraseSubject', {
      collectionId: 'photos',
      faceId: face?.faceId ?? '',
    });
    expect(certificate.suspendedBy).toHaveLength(1);
    expect(await facesOf(office, 'someone')).toEqual([1, 1]);
    await office.operator.call('DeleteFaces', {
      CollectionId: 'photos',
      FaceIds: [(await office.house.stores.collections.findFacesOfSubject('photos', 'other'))[0]?.faceId],
    });
    expect(await facesOf(office, 'other')).toEqual([0, 1]);
  });

  it('over a collection keeps everyone in it', async () => {
    const office = await officeOfTwo();
    await office.agree('PlaceLegalHold', { collectionId: 'door', reason: 'case 2' });
    const { certificate } = await office.operator.own('EraseSubject', { subject: 'someone' });
    expect(certificate.suspendedBy).toHaveLength(1);
    expect(await facesOf(office, 'someone')).toEqual([1, 1]);
  });
});

describe('a backup', () => {
  it('brings back no withdrawn consent, and loses no hold that was placed since', async () => {
    const office = await officeWithSomeone();
    const consent = { subject: 'someone', purpose: 'access-control', method: 'in-app', noticeText: 'x' } as never;
    await office.operator.own('GrantConsent', consent);
    const second = await office.hire('second', ['admin', 'enroller']);
    const file = await backUp(office.operator);
    await office.operator.own('WithdrawConsent', { subject: 'someone', purpose: 'access-control' });
    const asked = await office.operator.own('PlaceLegalHold', { subject: 'other', reason: 'case 1' });
    await second.own('ApproveProposal', { proposalId: asked.proposalId ?? '', digest: asked.digest ?? '' });
    await office.house.close();
    const restored = await restoreInto(configOf(office), file);
    expect(restored).toMatchObject({ audit: 'kept', governance: 'kept' });
    const again = await office.restart();
    expect((await again.operator.own('ListLegalHolds', {})).holds).toHaveLength(1);
    expect(await facesOf(again, 'someone')).toEqual([1, 0]);
    const { receipts } = await again.operator.own('ListConsents', {});
    expect(receipts.map(({ state }) => state)).toEqual(['withdrawn']);
    rmSync(restored.aside ?? '', { recursive: true });
  });

  it('whose receipts are restored too, because those that stood are damaged, lets no withdrawn one count', async () => {
    const office = await officeWithSomeone();
    const consent = { subject: 'someone', purpose: 'access-control', method: 'in-app', noticeText: 'x' } as never;
    await office.operator.own('GrantConsent', consent);
    const file = await backUp(office.operator);
    await office.operator.own('WithdrawConsent', { subject: 'someone', purpose: 'access-control' });
    await office.house.close();
    writeFileSync(join(office.dataDir, 'governance.db'), 'not a database at all');
    const restored = await restoreInto(configOf(office), file);
    expect(restored).toMatchObject({ audit: 'kept', governance: 'restored' });
    const again = await office.restart();
    expect(await facesOf(again, 'someone')).toEqual([1, 0]);
    const { receipts } = await again.operator.own('ListConsents', {});
    expect(receipts.map(({ state }) => state)).not.toContain('active');
    rmSync(restored.aside ?? '', { recursive: true });
  });

  it('leaves no copy behind when making or restoring it was cut off, and what lies aside is told at every start', async () => {
    const office = await officeWithSomeone();
    await office.house.close();
    const remains = [
      join(office.dataDir, 'unfinished-backups', 'backup-x'),
      `${office.dataDir}.restoring-x`,
      `${office.dataDir}.before-restore-x`,
    ];
    onTestFinished(() => {
      for (const folder of remains) rmSync(folder, { recursive: true, force: true });
    });
    for (const folder of remains) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'collections.db'), 'x');
    }
    const again = await office.restart();
    expect(remains.map((folder) => existsSync(folder))).toEqual([false, false, true]);
    expect(again.notices.join()).toContain('before-restore-x holds what stood here before a restore');
  });

  it('made under the master key before is restored with that key, and not without it', async () => {
    const office = await officeWithSomeone();
    const file = await backUp(office.operator);
    await office.house.close();
    const aside = `${office.dataDir}-aside`;
    onTestFinished(() => rmSync(aside, { recursive: true, force: true }));
    renameSync(office.dataDir, aside);
    const before = readFileSync(join(`${office.dataDir}-trust`, 'master-key'), 'utf8').trim();
    const env = {
      LIKENESS_DATA_DIR: office.dataDir,
      LIKENESS_TRUST_DIR: `${office.dataDir}-trust`,
      LIKENESS_MASTER_KEY: 'ab'.repeat(32),
    };
    await expect(restoreInto(loadConfig({ env, cwd: tmpdir() }), file)).rejects.toMatchObject({ name: 'KeyringError' });
    const config = loadConfig({ env: { ...env, LIKENESS_MASTER_KEY_PREVIOUS: before }, cwd: tmpdir() });
    expect(await restoreInto(config, file)).toMatchObject({ governance: 'restored' });
  });

  it('is restored whole when the restore was cut off between two files', async () => {
    const office = await officeWithSomeone();
    const file = await backUp(office.operator);
    await office.operator.own('EraseSubject', { subject: 'someone' });
    await enrol(office.house, 'photos', 'later');
    await office.house.close();
    const { aside = '' } = await restoreInto(configOf(office), file);
    // As it lay after the first half: the old database aside, the new one not yet in, the marker there.
    const staging = `${office.dataDir}.restoring-x`;
    onTestFinished(() => rmSync(aside, { recursive: true, force: true }));
    mkdirSync(staging);
    renameSync(join(office.dataDir, 'collections.db'), join(staging, 'collections.db'));
    const marker = { staging, aside, old: readdirSync(aside), fresh: ['collections.db'] };
    writeFileSync(join(office.dataDir, 'restore-unfinished.json'), JSON.stringify(marker));
    const again = await office.restart();
    expect(await facesOf(again, 'someone')).toEqual([0, 0]);
    expect(await facesOf(again, 'other')).toEqual([1, 1]);
    expect(await facesOf(again, 'later')).toEqual([0, 0]);
    expect(existsSync(staging)).toBe(false);
  });

  it('of the time before an erasure brings no one back, and is named in the certificate', async () => {
    const office = await officeWithSomeone();
    const file = await backUp(office.operator);
    const { backupId } = await readBackupHeader(file);
    const { certificate } = await office.operator.own('EraseSubject', { subject: 'someone' });
    expect(certificate.backups.map((backup) => backup.backupId)).toEqual([backupId]);
    expect(certificate.statement).toContain('An unexpired backup together with its master key still holds');
    const before = await office.operator.own('VerifyAudit', {});
    await office.house.close();
    const restored = await restoreInto(configOf(office), file);
    expect(restored.audit).toBe('kept');
    const again = await office.restart();
    expect(await facesOf(again, 'someone')).toEqual([0, 0]);
    expect(await facesOf(again, 'other')).toEqual([1, 1]);
    const after = await again.operator.own('VerifyAudit', { ...(before.head && { expectedHead: before.head }) });
    expect(after.intact).toBe(true);
    expect(existsSync(restored.aside ?? '')).toBe(true);
    rmSync(restored.aside ?? '', { recursive: true });
  });

  it('is restored into an empty folder with the trust folder, and refused without it', async () => {
    const office = await officeWithSomeone();
    await office.operator.own('EraseSubject', { subject: 'other' });
    const file = await backUp(office.operator);
    await office.house.close();
    const aside = `${office.dataDir}-aside`;
    onTestFinished(() => rmSync(aside, { recursive: true, force: true }));
    renameSync(office.dataDir, aside);
    const tombstones = join(`${office.dataDir}-trust`, 'tombstones.jsonl');
    renameSync(tombstones, `${tombstones}.away`);
    await expect(restoreInto(configOf(office), file)).rejects.toMatchObject({ fault: 'tombstones' });
    renameSync(`${tombstones}.away`, tombstones);
    expect(await restoreInto(configOf(office), file)).toMatchObject({ audit: 'restored' });
    const again = await openOffice(office.dataDir);
    expect(await facesOf(again, 'someone')).toEqual([1, 1]);
    expect((await again.operator.own('VerifyAudit', {})).intact).toBe(true);
  });

  it('holds no face, name or key that can be read without the master key', async () => {
    const office = await officeWithSomeone();
    const bytes = readFileSync(await backUp(office.operator));
    expect(bytes.includes('someone')).toBe(false);
    expect(bytes.includes('SQLite format')).toBe(false);
    expect(statSync((await office.operator.own('ListBackups', {})).backups[0]?.file ?? '').mode & 0o077).toBe(0);
    expect(readdirSync(join(office.dataDir, 'unfinished-backups'))).toEqual([]);
  });

  it('that has expired is not restored, also with the clock set back, and its file is deleted', async () => {
    const time = shiftClock();
    const office = await officeWithSomeone();
    const file = await backUp(office.operator);
    const copy = `${file}.copy`;
    cpSync(file, copy);
    time.by(31 * dayMs);
    await office.house.close();
    const later = await office.restart();
    expect(existsSync(file)).toBe(false);
    expect((await later.operator.own('ListBackups', {})).backups).toMatchObject([{ state: 'removed' }]);
    await later.house.close();
    await expect(restoreInto(configOf(office), copy)).rejects.toMatchObject({ fault: 'expired' });
    time.by(-20 * dayMs);
    await expect(restoreInto(configOf(office), copy)).rejects.toMatchObject({ fault: 'expired' });
  });

  it('that was cut or changed leaves the folder as it is', async () => {
    const office = await officeWithSomeone();
    const file = await backUp(office.operator);
    await office.house.close();
    const bytes = readFileSync(file);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(restoreInto(configOf(office), file)).rejects.toThrow(/frame \d+/);
    expect(await facesOf(await office.restart(), 'someone')).toEqual([1, 1]);
  });

  it('is not restored under a running server', async () => {
    const office = await officeWithSomeone();
    const file = await backUp(office.operator);
    await expect(restoreInto(configOf(office), file)).rejects.toMatchObject({ code: 'locked' });
  });

  it('brings no revoked key back', async () => {
    const office = await officeWithSomeone();
    const searcher = await office.hire('searcher', ['searcher']);
    const file = await backUp(office.operator);
    const { accessKeyId } = searcher.caller;
    await office.operator.own('RevokeKey', { accessKeyId });
    await office.house.close();
    const { aside } = await restoreInto(configOf(office), file);
    rmSync(aside ?? '', { recursive: true });
    const again = await office.restart();
    expect((await again.house.stores.keys.find(accessKeyId))?.revokedAtMs).toBeDefined();
  });
});

describe('the clock of retention', () => {
  it('erases faces after the days of their purpose, and a collection after its own end', async () => {
    const time = shiftClock();
    const office = await officeWithSomeone();
    await makeCollection(office.house, 'set', 'evaluation');
    await makeCollection(office.house, 'fair', 'access-control', { tags: { 'likeness:purpose-ends': '2026-12-01' } });
    await office.house.close();
    time.by(31 * dayMs);
    const later = await office.restart();
    expect(await later.house.stores.collections.findCollection('set')).toBeUndefined();
    expect(await later.house.stores.collections.findCollection('fair')).toBeUndefined();
    expect(await facesOf(later, 'someone')).toEqual([1, 1]);
    await later.house.close();
    time.by(335 * dayMs);
    const idle = await later.restart();
    expect(await facesOf(idle, 'someone')).toEqual([1, 0]);
    const audited = await idle.house.stores.audit.read({ afterSequence: 0, limit: 1_000 });
    expect(audited.filter(({ body }) => body.includes('RunRetentionSweep') && body.includes('"door"'))).toHaveLength(2);
  });

  it('does not erase by a clock that jumped over more than 400 days, until a person accepts it or it is set right', async () => {
    const time = shiftClock();
    const office = await officeWithSomeone();
    await office.house.close();
    time.by(4_000 * dayMs);
    const jumped = await office.restart();
    expect(await facesOf(jumped, 'someone')).toEqual([1, 1]);
    expect(jumped.notices.join('\n')).toContain('Nothing is erased by a clock that jumped');
    expect(await jumped.operator.own('RunRetentionSweep', {})).toMatchObject({ state: 'paused', faces: 0 });
    await jumped.house.close();
    time.by(-4_000 * dayMs);
    const right = await jumped.restart();
    expect(await right.operator.own('RunRetentionSweep', {})).toMatchObject({ state: 'swept', faces: 0 });
    await right.house.close();
    time.by(4_000 * dayMs);
    const accepted = await right.restart();
    expect(await accepted.operator.own('RunRetentionSweep', { acceptClock: true })).toMatchObject({
      state: 'swept',
      faces: 4,
    });
  });

  it('does not erase by a clock that jumps while the server runs', async () => {
    const time = shiftClock();
    const office = await officeWithSomeone();
    time.by(399 * dayMs);
    expect(await office.operator.own('RunRetentionSweep', {})).toMatchObject({ state: 'paused' });
    expect(await facesOf(office, 'someone')).toEqual([1, 1]);
  });

  it('gives no one more time when it is set back', async () => {
    const time = shiftClock();
    const office = await officeWithSomeone();
    await office.house.close();
    time.by(360 * dayMs);
    const later = await office.restart();
    await later.house.close();
    time.by(-300 * dayMs);
    // Opened once, as by someone who wants the clock to forget.
    await (await later.restart()).house.close();
    time.by(306 * dayMs);
    const idle = await later.restart();
    expect(await facesOf(idle, 'someone')).toEqual([1, 0]);
  });
});

describe('the tag that ends a purpose', () => {
  it('takes a day, at creation only', async () => {
    const office = await openOffice();
    const create = (tags: Record<string, string>, id = 'c') =>
      office.operator.call('CreateCollection', { CollectionId: id, Tags: tags });
    for (const wrong of ['never', '2027-02-30', '9999999-01-01', '2027-6-1', '']) {
      expect((await refusalOf(create({ 'likeness:purpose-ends': wrong }))).code, wrong).toBe(
        'InvalidParameterException',
      );
    }
    await create({ 'likeness:purpose-ends': '2027-06-30' });
    const arn = 'arn:aws:rekognition:us-east-1:000000000000:collection/c';
    for (const [name, request] of [
      ['TagResource', { ResourceArn: arn, Tags: { 'likeness:purpose-ends': '2099-01-01' } }],
      ['UntagResource', { ResourceArn: arn, TagKeys: ['likeness:purpose-ends'] }],
    ] as const) {
      expect((await refusalOf(office.operator.call(name, request))).code).toBe('InvalidParameterException');
    }
    const { collections } = await office.operator.own('ListRetention', {});
    expect(collections).toMatchObject([{ collectionId: 'c', endsAt: '2027-07-01T00:00:00.000Z' }]);
  });
});
