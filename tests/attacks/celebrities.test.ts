import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { celebrityOptOutsFileOf } from '../../src/compose/celebrities.ts';
import { tombstonesFileOf } from '../../src/compose/retention.ts';
import type { AuditRecord } from '../../src/governance/index.ts';
import { renderAuditRecord } from '../../src/governance/index.ts';
import { type GalleryHouse, gallery, openGalleryHouse } from '../builders/gallery-house.ts';
import { refusalOf } from '../builders/gate.ts';
import { photoOf } from '../builders/review-house.ts';

/** Someone tries to have told, by the gallery of public figures, who must not be. */
let at: GalleryHouse;

beforeAll(async () => {
  at = await openGalleryHouse();
});
afterAll(() => at?.discard());

const lastRecord = async (house: GalleryHouse, operation: string): Promise<AuditRecord> => {
  const last = (await house.house.stores.audit.last())?.sequence ?? 0;
  const entries = await house.house.stores.audit.read({ afterSequence: Math.max(0, last - 50), limit: 50 });
  const found = entries.map(renderAuditRecord).filter((record) => record.operation === operation);
  return found.at(-1) as AuditRecord;
};
const documentsLeft = (house: GalleryHouse) =>
  house.house.stores.documents.read((view) => view.list('celebrity', { limit: 100 }).length);
const info = (house: GalleryHouse, Id: string) => house.operator.ask('GetCelebrityInfo', { Id });

describe('a search of the gallery', () => {
  it('is recorded as every search is: its collection, probe, candidates, whom it told, and the floor', async () => {
    await at.celebrity('Figure One', ['one', { person: 'one', photo: 1 }]);
    const { response } = await at.operator.ask('RecognizeCelebrities', { Image: photoOf('one', 'stranger', 'one') });
    expect(response.CelebrityFaces?.map(({ Name }) => Name)).toEqual(['Figure One', 'Figure One']);
    expect(response.UnrecognizedFaces).toHaveLength(1);
    const record = await lastRecord(at, 'RecognizeCelebrities');
    expect(record).toMatchObject({
      kind: 'outcome',
      collection: gallery,
      purpose: 'media-archive',
      effectiveThreshold: 90,
      counts: { facesFound: 3, facesEmbedded: 3, candidatesReturned: 2 },
      subjectCount: 1,
      probes: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    });
    expect(JSON.stringify(record)).not.toMatch(/Figure One/);
  });

  it('cannot be had below the floor, whatever stands in the request', async () => {
    const { faceModels, stores } = at.house;
    const calibration = faceModels.calibration(faceModels.current);
    const celebrityId = await at.celebrity('Figure Lookalike', []);
    const [probe, other] = await Promise.all(
      ['lookalike', 'elsewhere'].map(async (person) => {
        const found = await at.vision.embed(
          { bytes: photoOf(person).Bytes },
          {
            modelVersion: faceModels.current,
            find: 'all',
            maxFaces: 1,
            keep: 'largest',
            qualityFilter: 'NONE',
            attributes: new Set(),
          },
          new AbortController().signal,
        );
        return found.accepted[0]?.template as Float32Array;
      }),
    );
    const atScore = (score: number): Float32Array => {
      const along = dot(probe as Float32Array, other as Float32Array);
      const across = (other as Float32Array).map((value, i) => value - along * (probe?.[i] ?? 0));
      const length = Math.hypot(...across);
      return across.map((value, i) => score * (probe?.[i] ?? 0) + (Math.sqrt(1 - score ** 2) * value) / length);
    };
    const enrol = (similarity: number) =>
      stores.collections.addFaces(gallery, {
        imageId: randomUUID(),
        externalImageId: celebrityId,
        modelVersion: faceModels.current,
        maxFaces: 1_000,
        faces: [
          {
            faceId: randomUUID(),
            box: { left: 0, top: 0, width: 0.5, height: 0.5 },
            confidence: 99,
            template: atScore(calibration.scoreOf(similarity)),
          },
        ],
      });
    await enrol(86);
    const ask = () =>
      at.operator.ask('RecognizeCelebrities', {
        Image: photoOf('lookalike'),
        FaceMatchThreshold: 0,
        MatchThreshold: 0,
      } as never);
    expect((await ask()).response.CelebrityFaces).toEqual([]);
    await enrol(93);
    const [told] = (await ask()).response.CelebrityFaces ?? [];
    expect(told?.Name).toBe('Figure Lookalike');
    expect(told?.MatchConfidence).toBeCloseTo(93, 0);
  });

  it('is refused to a key that does not list the gallery, or not its purpose, by the rule that says so', async () => {
    const Image = photoOf('one');
    const limited = at.as({ collections: ['another'] });
    const elsewhere = at.as({ purposes: ['photo-library'] });
    for (const [person, rule] of [
      [limited, 'key-allows-collection'],
      [elsewhere, 'key-has-purpose'],
    ] as const) {
      for (const call of [
        () => person.ask('RecognizeCelebrities', { Image }),
        () => person.ask('GetCelebrityInfo', { Id: 'x' }),
        () => person.own('ListCelebrities', {}),
        () => person.own('PutCelebrity', { name: 'Someone' }),
      ]) {
        const refusal = await refusalOf(call());
        expect(refusal.code).toBe('AccessDeniedException');
        expect(refusal.message).toContain(`collection/${gallery}`);
        expect(refusal.message).toContain(`Rule: ${rule};`);
      }
    }
    expect((await lastRecord(at, 'RecognizeCelebrities')).rule).toBe('key-has-purpose');
    const listed = at.as({ collections: [gallery], purposes: ['media-archive'] });
    expect((await listed.ask('RecognizeCelebrities', { Image })).response.CelebrityFaces).toHaveLength(1);
    // The list of who opted out tells of the whole server.
    expect((await refusalOf(listed.own('ListCelebrityOptOuts', {}))).code).toBe('AccessDeniedException');
  });

  it('is bounded: one face again and again is refused, and so are crowds', async () => {
    await at.celebrity('Figure Often', ['often']);
    const own = at.as({ person: 'operator' });
    let refused: { code: string; message: string } | undefined;
    for (let i = 0; i < 61 && refused === undefined; i += 1) {
      refused = await own.ask('RecognizeCelebrities', { Image: photoOf('often') }).then(
        () => undefined,
        (error: { code: string; message: string }) => error,
      );
    }
    expect(refused?.code).toBe('ProvisionedThroughputExceededException');
    expect(refused?.message).toContain('probe-watch/repeated');
    const crowds = Array.from({ length: 6 }, (_, k) => Array.from({ length: 60 }, (_, i) => `crowd-${k}-${i}`));
    const answers: string[] = [];
    for (const crowd of crowds) {
      answers.push(
        await own.ask('RecognizeCelebrities', { Image: photoOf(...crowd) }).then(
          () => 'answered',
          (error: { message: string }) => error.message,
        ),
      );
    }
    expect(answers[0]).toBe('answered');
    expect(answers.at(-1)).toContain('probe-watch/crowd');
  });
});

describe('with a fresh hour', () => {
  let house: GalleryHouse;
  beforeAll(async () => {
    house = await openGalleryHouse();
  });
  afterAll(() => house?.discard());

  it('looks at the 64 largest faces and no more', async () => {
    const embed = vi.spyOn(house.vision, 'embed');
    onTestFinished(() => embed.mockRestore());
    await house.operator.ask('RecognizeCelebrities', { Image: photoOf('a', 'b') });
    expect(embed.mock.calls[0]?.[1]).toMatchObject({ maxFaces: 64, keep: 'largest', qualityFilter: 'NONE' });
  });

  it('tells no marked minor, nor in their place who ranks behind, and opens no case that would say so', async () => {
    const child = await house.celebrity('Figure Child', [{ person: 'child', photo: 0 }]);
    await house.celebrity('Figure Twin', [{ person: 'child', photo: 3 }]);
    const adult = await house.celebrity('Figure Adult', ['adult']);
    await house.operator.own('MarkMinor', { subject: child, reason: 'nine years old' });
    const { response, headers } = await house.operator.ask('RecognizeCelebrities', {
      Image: photoOf({ person: 'child', photo: 0 }, 'adult'),
    });
    expect(response.CelebrityFaces?.map(({ Name }) => Name)).toEqual(['Figure Adult']);
    expect(response.UnrecognizedFaces).toHaveLength(1);
    expect(headers).not.toHaveProperty('x-likeness-review-case');
    expect((await refusalOf(info(house, child))).code).toBe('ResourceNotFoundException');
    expect((await info(house, adult)).response.Name).toBe('Figure Adult');
    // A photo that looks like the minor's is not said to look like another's.
    const stranger = await house.celebrity('Figure Stranger', []);
    await house.operator.own('MarkMinor', { subject: stranger, reason: 'test' });
    const record = await lastRecord(house, 'RecognizeCelebrities');
    expect(record.subjectCount).toBe(1);
  });

  it('obeys a cannot-link between a photo and a person', async () => {
    const celebrityId = await house.celebrity('Figure Linked', ['linked']);
    expect(await house.recognized('linked')).toEqual(['Figure Linked']);
    const probeHash = (await lastRecord(house, 'RecognizeCelebrities')).probes?.[0] ?? '';
    await house.operator.own('SetCannotLink', {
      collectionId: gallery,
      one: { probeHash },
      other: { externalImageId: celebrityId },
      reason: 'a lookalike',
    });
    expect(await house.recognized('linked')).toEqual([]);
    expect(await house.recognized({ person: 'linked', photo: 1 })).toEqual(['Figure Linked']);
  });

  it('tells and keeps nobody who opted out, by whatever name, id or operation they come back', async () => {
    const celebrityId = await house.celebrity('Figure Shy', ['shy'], 'Q4242');
    expect(await house.recognized('shy')).toEqual(['Figure Shy']);
    const { optOut, removed } = await house.operator.own('AddCelebrityOptOut', { celebrityId, reason: 'asked' });
    expect([optOut.name, optOut.wikidata, optOut.celebrityIds, removed]).toEqual([
      'Figure Shy',
      'Q4242',
      [celebrityId],
      1,
    ]);
    expect(await house.house.stores.collections.findFacesOfSubject(gallery, celebrityId)).toEqual([]);
    expect(await house.recognized('shy')).toEqual([]);
    expect((await refusalOf(info(house, celebrityId))).code).toBe('ResourceNotFoundException');
    for (const request of [
      { name: '  FIGURE   shy ' },
      { name: 'Another Name', wikidata: 'Q4242' },
      { name: 'Another Name', celebrityId },
    ]) {
      const refusal = await refusalOf(house.operator.own('PutCelebrity', request));
      expect([refusal.code, refusal.message.includes('celebrity-opt-out')]).toEqual(['AccessDeniedException', true]);
    }
    // By ordinary calls their faces can stand under the old id again, and are found by nobody.
    await house.operator.ask('IndexFaces', {
      CollectionId: gallery,
      ExternalImageId: celebrityId,
      Image: photoOf('shy'),
    });
    expect(await house.recognized('shy')).toEqual([]);
    const { response } = await house.operator.ask('SearchFacesByImage', {
      CollectionId: gallery,
      Image: photoOf('shy'),
    });
    expect(response.FaceMatches).toEqual([]);
    const next = await house.restart();
    house = next;
    await expect
      .poll(async () => (await house.house.stores.collections.findFacesOfSubject(gallery, celebrityId)).length)
      .toBe(0);
  });

  it('tells nobody whose renamed record meets a later opt-out, nor whom a hold keeps from being erased', async () => {
    const celebrityId = await house.celebrity('Figure Held', ['held']);
    await house.operator.own('AddPerson', { name: 'second-admin', roles: ['admin'] });
    const scope = { subject: celebrityId, purpose: 'media-archive', reason: 'file 7' };
    const { proposalId = '', digest = '' } = await house.operator.own('PlaceLegalHold', scope);
    await house.as({ person: 'second-admin' }).own('ApproveProposal', { proposalId, digest });
    const { removed, suspended } = await house.operator.own('AddCelebrityOptOut', { name: 'figure held' });
    expect([removed, suspended]).toEqual([0, 1]);
    expect(await house.house.stores.collections.findFacesOfSubject(gallery, celebrityId)).toHaveLength(1);
    expect(await house.recognized('held')).toEqual([]);
    expect((await refusalOf(info(house, celebrityId))).code).toBe('ResourceNotFoundException');
    expect((await refusalOf(house.operator.own('PutCelebrity', { name: 'Figure Free', celebrityId }))).code).toBe(
      'AccessDeniedException',
    );
  });

  it('says of a photo that it looks like another person, never like whom, and keeps none of it', async () => {
    await house.celebrity('Figure Known', ['known-face']);
    const wrong = await house.celebrity('Figure Wrong', ['wrong']);
    const image = Buffer.from(photoOf({ person: 'known-face', photo: 2 }).Bytes).toString('base64');
    const answer = await house.operator.own('AddCelebrityPhoto', { celebrityId: wrong, image });
    expect(answer).toEqual({ outcome: 'like-another', faces: 1 });
    expect(await house.addPhoto(wrong, 'nobody')).toBe('unlike');
    expect(await house.addPhoto(wrong, { person: 'wrong', photo: 5 })).toBe('stored');
    expect(await house.house.stores.collections.findFacesOfSubject(gallery, wrong)).toHaveLength(2);
    expect((await lastRecord(house, 'AddCelebrityPhoto')).counts).not.toHaveProperty('candidatesReturned');
  });

  it('forgets what is recorded with the subject, and with the collection', async () => {
    const celebrityId = await house.celebrity('Figure Gone', ['gone']);
    const before = await documentsLeft(house);
    const { certificate } = await house.operator.own('EraseSubject', { subject: celebrityId });
    expect(certificate.counts.celebrities).toEqual({ before: 1, after: 0 });
    expect(await documentsLeft(house)).toBe(before - 1);
    const other = await openGalleryHouse();
    onTestFinished(() => other.discard());
    const id = await other.celebrity('Figure Deleted', ['deleted']);
    await other.operator.ask('DeleteCollection', { CollectionId: gallery });
    expect(await documentsLeft(other)).toBe(0);
    await other.operator.ask('CreateCollection', {
      CollectionId: gallery,
      Tags: { 'likeness:purpose': 'media-archive' },
    });
    await other.operator.ask('IndexFaces', { CollectionId: gallery, ExternalImageId: id, Image: photoOf('deleted') });
    expect(await other.recognized('deleted')).toEqual([]);
  });

  it('keeps with ordinary calls: a further photo counts at once, the last one gone is a person unknown', async () => {
    const celebrityId = await house.celebrity('Figure Plain', []);
    expect((await refusalOf(info(house, celebrityId))).code).toBe('ResourceNotFoundException');
    const { response } = await house.operator.ask('IndexFaces', {
      CollectionId: gallery,
      ExternalImageId: celebrityId,
      Image: photoOf('plain'),
    });
    expect(await house.recognized('plain')).toEqual(['Figure Plain']);
    const FaceIds = response.FaceRecords?.map(({ Face }) => Face?.FaceId ?? '') ?? [];
    await house.operator.ask('DeleteFaces', { CollectionId: gallery, FaceIds });
    expect(await house.recognized('plain')).toEqual([]);
    expect((await refusalOf(info(house, celebrityId))).code).toBe('ResourceNotFoundException');
  });
});

describe('a gallery that is deleted and made again while a call runs', () => {
  it.each(['family-reunification', 'media-archive'])('tells nobody of the new one, made for %s', async (purpose) => {
    const house = await openGalleryHouse();
    onTestFinished(() => house.discard());
    await house.celebrity('Figure Before', ['before']);
    const { embed } = house.vision;
    house.vision.embed = async (...args) => {
      house.vision.embed = embed;
      await house.operator.ask('DeleteCollection', { CollectionId: gallery });
      await house.operator.ask('CreateCollection', { CollectionId: gallery, Tags: { 'likeness:purpose': purpose } });
      if (purpose === 'media-archive') await house.celebrity('Figure After', ['before']);
      return embed.call(house.vision, ...args);
    };
    const answer = await house.operator.ask('RecognizeCelebrities', { Image: photoOf('before') }).then(
      ({ response }) => response.CelebrityFaces,
      ({ code }: { code: string }) => code,
    );
    expect(['ResourceNotFoundException', []]).toContainEqual(answer);
  });
});

describe('without a gallery', () => {
  it.each([
    ['none is configured', { env: { LIKENESS_CELEBRITY_COLLECTION: '' }, purpose: null }, /has no gallery/],
    ['the collection is not there', { purpose: null }, /there is no such collection/],
    ['it is of another purpose', { purpose: 'photo-library' }, /whose purpose is photo-library/],
  ] as const)(
    'because %s, nobody is recognised, no template is computed, and the start says what to do',
    async (_, options, words) => {
      const house = await openGalleryHouse(options);
      onTestFinished(() => house.discard());
      expect(await house.house.warnings()).toEqual([expect.stringMatching(words)]);
      if (options.purpose !== null) {
        await house.operator.ask('IndexFaces', { CollectionId: gallery, ExternalImageId: 'x', Image: photoOf('x') });
      }
      const embed = vi.spyOn(house.vision, 'embed');
      const { response, headers } = await house.operator.ask('RecognizeCelebrities', { Image: photoOf('x', 'y') });
      expect(response.CelebrityFaces).toEqual([]);
      expect(response.UnrecognizedFaces).toHaveLength(2);
      expect(headers['x-likeness-purpose']).toBe('photo-library');
      expect(embed).not.toHaveBeenCalled();
      expect(await lastRecord(house, 'RecognizeCelebrities')).not.toHaveProperty('collection');
      expect((await refusalOf(info(house, 'x'))).code).toBe('ResourceNotFoundException');
      const refusal = await refusalOf(house.operator.own('PutCelebrity', { name: 'Someone' }));
      expect(refusal.code).toBe('InvalidParameterException');
      expect(refusal.message).toMatch(words);
      // Who does not want to be recognised can say so before there is anything to be recognised by.
      const { removed } = await house.operator.own('AddCelebrityOptOut', { name: 'Someone' });
      expect(removed).toBe(0);
    },
  );
});

describe('a backup that is restored after an opt-out', () => {
  it.each(['with', 'without'])('brings nobody back, %s the tombstones', async (tombstones) => {
    let house = await openGalleryHouse();
    onTestFinished(() => house.discard());
    const celebrityId = await house.celebrity('Figure Restored', ['restored']);
    const stays = await house.celebrity('Figure Stays', ['stays']);
    const backup = await house.backUp();
    await house.operator.own('AddCelebrityOptOut', { name: 'Figure Restored' });
    if (tombstones === 'without') rmSync(tombstonesFileOf(house.config));
    house = await house.restart(backup);
    expect(await house.recognized('restored', 'stays')).toEqual(['Figure Stays']);
    expect((await refusalOf(info(house, celebrityId))).code).toBe('ResourceNotFoundException');
    expect((await info(house, stays)).response.Name).toBe('Figure Stays');
    await expect
      .poll(async () => (await house.house.stores.collections.findFacesOfSubject(gallery, celebrityId)).length)
      .toBe(0);
    expect(await documentsLeft(house)).toBe(1);
    expect((await refusalOf(house.operator.own('PutCelebrity', { name: 'Figure Restored' }))).code).toBe(
      'AccessDeniedException',
    );
    const { optOuts } = await house.operator.own('ListCelebrityOptOuts', {});
    expect(optOuts.map(({ name }) => name)).toEqual(['Figure Restored']);
    const [optOut] = optOuts;
    await house.operator.own('RemoveCelebrityOptOut', { optOutId: optOut?.optOutId ?? '', reason: 'asked back' });
    expect((await house.operator.own('PutCelebrity', { name: 'Figure Restored' })).created).toBe(true);
  });
});

describe('the file of opt-outs', () => {
  it('names nobody in plain text, does not open once changed, and tells when it was shortened', async () => {
    let house = await openGalleryHouse();
    onTestFinished(() => house.discard());
    for (const name of ['Figure A', 'Figure B']) await house.operator.own('AddCelebrityOptOut', { name });
    const path = celebrityOptOutsFileOf(house.config);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toMatch(/Figure/);
    const [first = '', second = ''] = text.trim().split('\n');
    await house.close();
    for (const broken of [`${second}\n`, `${second}\n${first}\n`, `${first}\nAAAA\n`]) {
      writeFileSync(path, broken);
      await expect(openGalleryHouse({ folder: join(house.config.dataDir, '..') })).rejects.toThrow(
        /is not as this server/,
      );
    }
    writeFileSync(path, `${first}\n`);
    house = await openGalleryHouse({ folder: join(house.config.dataDir, '..') });
    expect(house.notices).toContainEqual(expect.stringContaining('lacks 1 of the lines'));
    appendFileSync(path, '');
  });
});

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
}
