import { describe, expect, it } from 'vitest';
import { type PurposeName, sweepTransfers } from '../../src/governance/index.ts';
import { sha256Hex } from '../../src/shared/canonical-json.ts';
import { makeFrame, subtractDigests } from '../../src/shared/collection-file.ts';
import { boxKeys } from '../../src/shared/sealed-box.ts';
import { createSigner, makeSigningKey, signDocument } from '../../src/shared/signing.ts';
import { openMemoryStores } from '../../src/stores/index.ts';
import { type Desk, type Office, openOffice } from '../builders/office.ts';
import {
  approve,
  beginExport,
  beginImport,
  type Exported,
  enrol,
  exportAll,
  idOf,
  importAll,
  importRequest,
  writeFrames,
} from '../builders/transfer.ts';

const denied = { code: 'AccessDeniedException' };
const invalid = { code: 'InvalidParameterException' };
const notFound = { code: 'ResourceNotFoundException' };
const conflict = { code: 'ConflictException' };

const create = (desk: Desk, id: string, purpose: PurposeName, tags: Record<string, string> = {}) =>
  desk.call('CreateCollection', { CollectionId: id, Tags: { 'likeness:purpose': purpose, ...tags } });
const consent = (desk: Desk, subject: string, more: object = {}) =>
  desk.own('GrantConsent', {
    subject,
    purpose: 'identity-verification',
    method: 'signed-form',
    noticeText: 'Your face opens your account.',
    ...more,
  } as never);
const facesIn = async ({ house }: Office, id: string) =>
  (await house.stores.collections.listFaces(id, { limit: 100 })).faces;
const leftIn = (wrote: readonly { left: readonly unknown[] }[]) => wrote.flatMap(({ left }) => left);

/** Two offices as two servers, each with a second person who approves. */
async function twoServers() {
  const [home, away] = [await openOffice(), await openOffice()];
  const [homeAuditor, awayAuditor] = [await home.hire('Ada', ['auditor']), await away.hire('Bo', ['auditor'])];
  return { home, away, homeAuditor, awayAuditor };
}

/** A server whose collection `ids` holds ann and ben, who consented. */
async function consenting() {
  const servers = await twoServers();
  const { home } = servers;
  await create(home.operator, 'ids', 'identity-verification');
  for (const subject of ['ann', 'ben']) await consent(home.operator, subject);
  await enrol(home, 'ids', [
    { id: 1, name: 'ann' },
    { id: 2, name: 'ben' },
  ]);
  return servers;
}

describe('an export of a collection', () => {
  it('takes a second person as soon as there is one, and is read by who proposed it alone', async () => {
    const office = await openOffice();
    await create(office.operator, 'album', 'photo-library');
    await enrol(office, 'album', [{ id: 1 }]);
    // Alone with the server and in need of nobody's consent, one person may.
    await expect(exportAll(office.operator, 'album')).resolves.toBeDefined();
    const auditor = await office.hire('Ada', ['auditor']);
    const admin = await office.hire('Cy', ['admin'], auditor);
    await expect(exportAll(office.operator, 'album')).rejects.toThrow('pending');
    const keys = boxKeys();
    const recipient = Buffer.from(keys.publicKey).toString('base64');
    const begun = await office.operator.own('BeginExport', { collectionId: 'album', recipient });
    // Asked again it is the same proposal.
    expect(await office.operator.own('BeginExport', { collectionId: 'album', recipient })).toEqual(begun);
    await expect(approve(office.operator, begun)).rejects.toMatchObject(denied);
    await approve(auditor, begun);
    await expect(approve(auditor, begun)).rejects.toMatchObject(conflict);
    const open = await office.operator.own('BeginExport', { collectionId: 'album', recipient });
    expect(open.status).toBe('open');
    const read = { collectionId: 'album', exportId: open.exportId ?? '' };
    await expect(admin.own('ReadExport', read)).rejects.toMatchObject(denied);
    await expect(auditor.own('ReadExport', read)).rejects.toMatchObject(denied);
    await expect(office.operator.own('ReadExport', read)).resolves.toMatchObject({ isLast: false });
  });

  it('needs two persons where people consented, even of one who is alone', async () => {
    const office = await openOffice();
    await create(office.operator, 'ids', 'identity-verification');
    await expect(exportAll(office.operator, 'ids')).rejects.toThrow('pending');
  });

  it('is agreed on once: what was approved is one file, for one recipient, of one collection', async () => {
    const { home, homeAuditor } = await twoServers();
    await create(home.operator, 'album', 'photo-library');
    await create(home.operator, 'other', 'photo-library');
    const { exportId, headerText } = await beginExport(home.operator, 'album', homeAuditor);
    await expect(home.operator.own('ReadExport', { collectionId: 'other', exportId })).rejects.toMatchObject(notFound);
    const file = await exportAll(home.operator, 'album', { approver: homeAuditor });
    expect(file.headerText).not.toBe(headerText);
    const done = JSON.parse(file.headerText).exportId;
    await expect(home.operator.own('ReadExport', { collectionId: 'album', exportId: done })).rejects.toMatchObject(
      notFound,
    );
    // Only the end, whose answer may have got lost, is told again.
    const [beforeEnd, end] = file.frames.slice(-2);
    const again = await home.operator.own('ReadExport', {
      collectionId: 'album',
      exportId: done,
      after: JSON.stringify(beforeEnd?.head),
    });
    expect(again.isLast && Buffer.from(again.frame, 'base64').includes(end?.head.signature.value ?? '-')).toBe(true);
    // Another recipient is another proposal.
    await expect(beginExport(home.operator, 'album')).rejects.toThrow('pending');
    // The head of another file's frame leads nowhere.
    const stolen = JSON.stringify(file.frames[2]?.head);
    await expect(
      home.operator.own('ReadExport', { collectionId: 'album', exportId, after: stolen }),
    ).rejects.toMatchObject(invalid);
  });

  it('is refused to other roles and to a limited key, and of purposes whose records stand elsewhere', async () => {
    const { home, homeAuditor } = await twoServers();
    await create(home.operator, 'album', 'photo-library');
    const recipient = Buffer.from(boxKeys().publicKey).toString('base64');
    const enroller = await home.hire('Eve', ['enroller', 'searcher'], homeAuditor);
    for (const desk of [enroller, homeAuditor]) {
      await expect(desk.own('BeginExport', { collectionId: 'album', recipient })).rejects.toMatchObject(denied);
    }
    const { result } = await home.operator.own('CreateKey', { collections: ['album'] });
    const limited = await home.deskOf(result);
    await expect(limited.own('BeginExport', { collectionId: 'album', recipient })).rejects.toMatchObject(denied);
    for (const purpose of ['family-reunification', 'evaluation'] as const) {
      await create(
        home.operator,
        purpose,
        purpose,
        purpose === 'evaluation' ? { 'likeness:data-set-licence': 'own photos' } : {},
      );
      await expect(home.operator.own('BeginExport', { collectionId: purpose, recipient })).rejects.toMatchObject(
        invalid,
      );
    }
    for (const broken of ['', 'AAAA', Buffer.alloc(32).toString('base64')]) {
      await expect(
        home.operator.own('BeginExport', { collectionId: 'album', recipient: broken }),
      ).rejects.toMatchObject(invalid);
    }
  });

  it('holds nobody whose consent ended, or whose erasure a legal hold suspends', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    await enrol(home, 'ids', [{ id: 3, name: 'never-consented' }, { id: 4 }]);
    await consent(home.operator, 'hal');
    await enrol(home, 'ids', [{ id: 5, name: 'hal' }]);
    await approve(homeAuditor, await home.operator.own('PlaceLegalHold', { subject: 'hal', reason: 'file 7' }));
    await home.operator.own('EraseSubject', { subject: 'hal' });
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    expect(file.frames.at(-1)?.head.totals).toMatchObject({ faces: 2, consents: 2 });
    await create(away.operator, 'ids', 'identity-verification');
    await importAll(away.operator, 'ids', file, awayAuditor);
    expect((await facesIn(away, 'ids')).map(({ externalImageId }) => externalImageId)).toEqual(['ann', 'ben']);
  });

  it('holds nobody who was deleted before it was ended, though their page was written', async () => {
    const [office, away] = [await openOffice(), await openOffice()];
    await create(office.operator, 'album', 'photo-library');
    await enrol(office, 'album', [{ id: 1 }, { id: 2, name: 'ben' }, { id: 3 }]);
    let deleted = false;
    const later = await exportAll(office.operator, 'album', {
      whileReading: async (read) => {
        // After the page with their templates, before the roll.
        if (read === 6) {
          await office.house.stores.collections.deleteFaces('album', [idOf(1)]);
          await office.house.stores.collections.eraseSubject('album', 'ben');
          await enrol(office, 'album', [{ id: 9 }]);
          deleted = true;
        }
      },
    });
    expect(later.frames[5]?.head.part).toBe('faces');
    expect(deleted).toBe(true);
    expect(later.frames.at(-1)?.head.totals.faces).toBe(1);
    await create(away.operator, 'album', 'photo-library');
    const { wrote } = await importAll(away.operator, 'album', later);
    expect(wrote.at(-1)).toMatchObject({ stored: 1, gone: 2 });
    expect((await facesIn(away, 'album')).map(({ faceId }) => faceId)).toEqual([idOf(3)]);
  });
});

describe('an import of a collection', () => {
  it('keeps ids, times, users and consents, with new tokens, and stores nothing twice', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    await home.operator.call('CreateUser', { CollectionId: 'ids', UserId: 'ann' });
    await home.operator.call('AssociateFaces', { CollectionId: 'ids', UserId: 'ann', FaceIds: [idOf(1)] });
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    await create(away.operator, 'ids', 'identity-verification');
    const { open, wrote } = await importAll(away.operator, 'ids', file, awayAuditor);
    const before = await facesIn(home, 'ids');
    expect(await facesIn(away, 'ids')).toEqual(before);
    expect(before[0]?.userId).toBe('ann');
    const consents = wrote.flatMap(({ consents: some = [] }) => some);
    expect(consents.map(({ subject }) => subject).sort()).toEqual(['ann', 'ben']);
    const shown = await away.operator.call('ShowSubject', { token: consents[0]?.token });
    expect(shown).toBeDefined();
    // All of it once more: the same faces, no consent twice.
    const again = await writeFrames(away.operator, open, file);
    expect(again.map(({ stored }) => stored)).toEqual([0, 0, 0, 0, 1, 0]);
    expect(again[3]).toMatchObject({ part: 'consents', standing: 2 });
    expect(await facesIn(away, 'ids')).toEqual(before);
    const { faces, digest } = await away.operator.own('CheckImport', { collectionId: 'ids', importId: open.importId });
    expect({ faces, digest }).toMatchObject({ faces: 2, digest: file.frames.at(-1)?.head.totals.digest });
    await away.operator.own('FinishImport', { collectionId: 'ids', importId: open.importId });
    await expect(writeFrames(away.operator, open, file)).rejects.toMatchObject(notFound);
  });

  it('takes two persons, and the approval of one file serves no other', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    const other = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    await create(away.operator, 'ids', 'identity-verification');
    await expect(importAll(away.operator, 'ids', file)).rejects.toThrow('pending');
    const open = await beginImport(away.operator, 'ids', file, awayAuditor);
    await expect(writeFrames(away.operator, open, other)).rejects.toMatchObject(invalid);
    await expect(importAll(away.operator, 'ids', other)).rejects.toThrow('pending');
    const { proposals } = await awayAuditor.own('ListProposals', { state: 'all' });
    const told = proposals.find(({ action }) => action === 'bulk-import')?.parameters ?? '';
    expect(JSON.parse(told)).toMatchObject({ sourceKeyId: home.house.keyring.signer.keyId, faces: 2, consents: 2 });
    expect(await facesIn(away, 'ids')).toEqual([]);
  });

  it('is refused for another purpose, model, time, or into what is not empty', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    await create(away.operator, 'album', 'photo-library');
    await expect(away.operator.own('BeginImport', importRequest('album', file))).rejects.toThrow(
      'is for photo-library',
    );
    // One that only says so in its header does not bear its signature.
    const lied = { ...file, headerText: file.headerText.replace('identity-verification', 'photo-library') };
    await expect(away.operator.own('BeginImport', importRequest('album', lied))).rejects.toMatchObject(invalid);
    await create(away.operator, 'ids', 'identity-verification');
    const resigned = (change: object): Exported => {
      const signer = home.house.keyring.signer;
      const { signature: _, ...header } = { ...file.header, ...change };
      const headerText = JSON.stringify(signDocument(signer, header));
      const frames = file.frames.map(({ head: { signature: __, sealedSha256: ___, ...head }, sealed }) =>
        makeFrame(signer, { ...head, file: sha256Hex(headerText) }, sealed),
      );
      return { ...file, headerText, frames };
    };
    for (const [change, words] of [
      [{ purpose: 'world-domination' }, 'no purpose of this server'],
      [{ faceModelVersion: '0.9' }, 'reembed'],
      [{ dimensions: 7 }, 'another than'],
      [{ expiresAt: new Date(0).toISOString() }, 'run out'],
      [{ version: 2 }, 'newer'],
    ] as const) {
      await expect(away.operator.own('BeginImport', importRequest('ids', resigned(change)))).rejects.toThrow(words);
    }
    await enrol(away, 'ids', [{ id: 77, name: 'zoe' }]);
    await expect(importAll(away.operator, 'ids', file, awayAuditor)).rejects.toMatchObject(conflict);
    await expect(away.operator.own('BeginImport', importRequest('nowhere', file))).rejects.toMatchObject(notFound);
  });

  it('refuses frames that were changed, moved, mixed, cut or sealed by somebody else', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    await create(away.operator, 'ids', 'identity-verification');
    const open = await beginImport(away.operator, 'ids', file, awayAuditor);
    const send = (frames: readonly Buffer[]) =>
      away.operator.own('WriteImport', { ...open, frames: frames.map((frame) => frame.toString('base64')) });
    const { frameBytes } = await import('../../src/shared/collection-file.ts');
    const faces = file.frames.find(({ head }) => head.part === 'faces');
    const roll = file.frames.find(({ head }) => head.part === 'roll');
    if (faces === undefined || roll === undefined) throw new Error('no faces');
    await expect(send([frameBytes(faces), frameBytes(roll)])).rejects.toMatchObject({
      code: 'ResourceNotReadyException',
    });
    await writeFrames(away.operator, open, file, ({ head }) => head.part !== 'faces');
    const whole = frameBytes(faces);
    for (const at of [0, 5, 12, 200, whole.length - 40, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await expect(send([flipped, frameBytes(roll)])).rejects.toMatchObject(invalid);
    }
    for (const cut of [0, 3, 8, 100, whole.length - 1]) {
      await expect(send([whole.subarray(0, cut), frameBytes(roll)])).rejects.toMatchObject(invalid);
    }
    await expect(send([whole])).rejects.toMatchObject(invalid);
    await expect(send([whole, whole])).rejects.toMatchObject(invalid);
    await expect(send([frameBytes(roll), whole])).rejects.toMatchObject(invalid);
    // Whoever has the key but not the server's signature makes no frame.
    const forged = makeFrame(createSigner(makeSigningKey()), faces.head, faces.sealed);
    await expect(send([frameBytes(forged), frameBytes(roll)])).rejects.toMatchObject(invalid);
    // A frame of the same server in another place of the file does not open there.
    const { signature: _, sealedSha256: __, ...head } = faces.head;
    const moved = makeFrame(home.house.keyring.signer, { ...head, index: head.index + 1 }, faces.sealed);
    await expect(send([frameBytes(moved), frameBytes(roll)])).rejects.toMatchObject(invalid);
    const wrongKey = { ...open, sealedKey: Buffer.alloc(92).toString('base64') };
    await expect(
      away.operator.own('WriteImport', { ...wrongKey, frames: [whole.toString('base64')] }),
    ).rejects.toMatchObject(invalid);
    expect(await facesIn(away, 'ids')).toEqual([]);
    await expect(send([whole, frameBytes(roll)])).resolves.toMatchObject({ stored: 2 });
  });

  it('brings back nobody who was erased, withdrew or objected here, whatever the file says', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    // Home again, where meanwhile one withdrew and the other had a face deleted.
    await home.operator.own('WithdrawConsent', { subject: 'ann', purpose: 'identity-verification' });
    await home.operator.call('DeleteFaces', { CollectionId: 'ids', FaceIds: [idOf(2)] });
    await create(home.operator, 'again', 'identity-verification');
    const { open, wrote } = await importAll(home.operator, 'again', file, homeAuditor);
    expect(await facesIn(home, 'again')).toEqual([]);
    expect(leftIn(wrote)).toEqual(
      expect.arrayContaining([
        { reason: 'no-consent', count: 1 },
        { reason: 'erased', count: 1 },
      ]),
    );
    expect(await home.house.stores.collections.listUsers('again', { limit: 9 })).toEqual([]);
    const left = wrote.at(-1)?.leftDigest ?? '';
    const { digest } = await home.operator.own('CheckImport', { collectionId: 'again', importId: open.importId });
    expect(subtractDigests(file.frames.at(-1)?.head.totals.digest ?? '', left)).toBe(digest);
    // Elsewhere, where one objects to the purpose.
    await create(away.operator, 'ids', 'identity-verification');
    await away.operator.own('RecordObjection', {
      subject: 'ben',
      purpose: 'identity-verification',
      method: 'signed-form',
    });
    const there = await importAll(away.operator, 'ids', file, awayAuditor);
    expect((await facesIn(away, 'ids')).map(({ externalImageId }) => externalImageId)).toEqual(['ann']);
    expect(leftIn(there.wrote).length).toBeGreaterThan(0);
    // The next start erases nothing more, for nothing came back.
    const restarted = await home.restart();
    expect(await facesIn(restarted, 'again')).toEqual([]);
  });

  it('smuggles no consent in: none that the other server did not sign, none for another purpose', async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    const { openSealedFor } = await import('../../src/shared/sealed-box.ts');
    const { aboutFileKey, aboutFrame } = await import('../../src/shared/collection-file.ts');
    const { createSealer } = await import('../../src/shared/sealing.ts');
    const key = openSealedFor(
      file.keys,
      Buffer.from(file.header.sealedKey, 'base64'),
      aboutFileKey(file.header.exportId),
    );
    const sealer = createSealer(key);
    await create(away.operator, 'ids', 'identity-verification');
    const open = await beginImport(away.operator, 'ids', file, awayAuditor);
    /** A frame as a dishonest exporter could make it: with its true key, saying something else. */
    const retold = (part: string, change: (payload: never) => unknown) => {
      const frame = file.frames.find(({ head }) => head.part === part);
      if (frame === undefined) throw new Error(`no ${part}`);
      const { signature: _, sealedSha256: __, ...head } = frame.head;
      const plain = JSON.parse(Buffer.from(sealer.open(frame.sealed, aboutFrame(head))).toString('utf8')) as never;
      const sealed = sealer.seal(Buffer.from(JSON.stringify(change(plain))), aboutFrame(head));
      return { frames: [makeFrame(home.house.keyring.signer, head, sealed)] };
    };
    const unsigned = retold(
      'consents',
      ({ receipts: [first] }: { receipts: { header: object }[] }) =>
        ({
          receipts: [{ ...first, header: { ...first?.header, pii_principal_id: 'mallory' } }],
        }) as never,
    );
    await expect(writeFrames(away.operator, open, unsigned)).rejects.toThrow('did not sign');
    const resigned = retold(
      'consents',
      ({ receipts: [first] }: { receipts: { processing: { purposes: object[] } }[] }) => {
        const { signature: _, ...receipt } = first as never as {
          signature: unknown;
          processing: { purposes: object[] };
        };
        const [purpose] = receipt.processing.purposes;
        const processing = { ...receipt.processing, purposes: [{ ...purpose, purpose: 'access-control' }] };
        return { receipts: [signDocument(home.house.keyring.signer, { ...receipt, processing })] };
      },
    );
    await expect(writeFrames(away.operator, open, resigned)).rejects.toThrow('another purpose');
    for (const receipts of [[{}], [null], 'all', [{ signature: { algorithm: 'none' } }]]) {
      const broken = retold('consents', () => ({ receipts }));
      await expect(writeFrames(away.operator, open, broken)).rejects.toMatchObject(invalid);
    }
    const mark = { subject: 'ann', purpose: 'access-control', person: 'x', reason: 'y', source: 'person' };
    await expect(
      writeFrames(
        away.operator,
        open,
        retold('minors', () => ({ marks: [mark] })),
      ),
    ).rejects.toMatchObject(invalid);
    expect((await away.operator.own('ListConsents', {})).receipts).toEqual([]);
    // Faces without any consent of their own stay out.
    await writeFrames(
      away.operator,
      open,
      retold('consents', () => ({ receipts: [] })),
    );
    await writeFrames(away.operator, open, file, ({ head }) => !['faces', 'consents'].includes(head.part));
    const wrote = await writeFrames(away.operator, open, file, ({ head }) => head.part === 'faces');
    expect(wrote).toMatchObject([{ stored: 0, left: [{ reason: 'no-consent', count: 2 }] }]);
  });

  it("lets no other person's face in under a name that consented", async () => {
    const { home, away, homeAuditor, awayAuditor } = await consenting();
    await enrol(home, 'ids', [
      { id: 11, name: 'ann', axis: 1, turned: 0.1 },
      { id: 12, name: 'ann', axis: 7 },
    ]);
    const file = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    await create(away.operator, 'ids', 'identity-verification');
    const { wrote } = await importAll(away.operator, 'ids', file, awayAuditor);
    expect(wrote.at(-1)).toMatchObject({ stored: 3, left: [{ reason: 'unlike', count: 1 }] });
    expect((await facesIn(away, 'ids')).map(({ faceId }) => faceId)).not.toContain(idOf(12));
  });

  it('is forgotten with its keys when its approval has run out', async () => {
    const { documents } = await openMemoryStores();
    await documents.change((change) => {
      for (const [id, dueAtMs] of [
        ['over', 10],
        ['open', 11],
      ] as const) {
        change.put('transfer', id, { state: 'open' }, { dueAtMs });
      }
    });
    await sweepTransfers({ documents, clock: () => 10 });
    const left = await documents.read((view) => view.list('transfer', { limit: 9 }));
    expect(left.map(({ id }) => id)).toEqual(['open']);
  });

  it("keeps cannot-links and minors' marks, and lifts none that stands", async () => {
    const { home, away, homeAuditor, awayAuditor } = await twoServers();
    await create(home.operator, 'album', 'photo-library');
    await enrol(home, 'album', [{ id: 1, name: 'kid' }, { id: 2 }, { id: 3, name: 'old' }]);
    const setter = await home.hire('Rex', ['admin', 'reviewer'], homeAuditor);
    await setter.own('SetCannotLink', {
      collectionId: 'album',
      one: { faceId: idOf(2) },
      other: { externalImageId: 'kid' },
      reason: 'two people',
    });
    await setter.own('SetCannotLink', {
      collectionId: 'album',
      one: { faceId: idOf(2) },
      other: { probeHash: 'a'.repeat(64) },
      reason: 'a photo',
    });
    await setter.own('MarkMinor', { subject: 'kid', reason: 'ten years old' });
    await setter.own('MarkMinor', { subject: 'old', reason: 'for now', adultFrom: '2027-01-01' });
    await setter.own('MarkMinor', { subject: 'elsewhere', reason: 'not in it' });
    const file = await exportAll(home.operator, 'album', { approver: homeAuditor });
    expect(file.frames.at(-1)?.head.totals).toMatchObject({ minors: 2, cannotLinks: 1 });
    await create(away.operator, 'album', 'photo-library');
    await away.operator.own('MarkMinor', { subject: 'old', reason: 'stands longer' });
    await importAll(away.operator, 'album', file, awayAuditor);
    const { minors } = await away.operator.own('ListMinors', {});
    expect(minors.map(({ subject, adultFrom }) => [subject, adultFrom]).sort()).toEqual([
      ['kid', undefined],
      ['old', undefined],
    ]);
    const { links } = await away.operator.own('ListCannotLinks', { collectionId: 'album' });
    expect(links).toMatchObject([{ one: { faceId: idOf(2) }, other: { externalImageId: 'kid' } }]);
  });

  it('is named in the certificate of whoever is erased from its collection later', async () => {
    const { home, homeAuditor } = await consenting();
    const { header } = await exportAll(home.operator, 'ids', { approver: homeAuditor });
    const { exportId, createdAt, expiresAt } = header;
    const { certificate } = await home.operator.own('EraseSubject', { subject: 'ann' });
    expect(certificate.exports).toEqual([{ exportId, collectionId: 'ids', createdAt, expiresAt }]);
    expect(certificate.statement).toContain('exported');
    const { certificate: of } = await home.operator.own('EraseSubject', { subject: 'nobody' });
    expect(of.exports).toBeUndefined();
  });

  it('is in the audit with its subjects, and not in any text', async () => {
    const { home, homeAuditor } = await consenting();
    await exportAll(home.operator, 'ids', { approver: homeAuditor });
    const { records } = (await homeAuditor.own('ListAuditRecords', { limit: 100 })) as { records: unknown[] };
    const texts = JSON.stringify(records);
    expect(texts).toMatch(/facesExported\W+2/);
    expect(texts).toContain('bulk-export/');
    expect(texts).not.toMatch(/\bann\b/);
  });
});
