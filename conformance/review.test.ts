import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompareFacesCommand,
  CreateCollectionCommand,
  DeleteCollectionCommand,
  DescribeCollectionCommand,
  DetectFacesCommand,
  IndexFacesCommand,
  ListFacesCommand,
  type RekognitionClient,
  SearchFacesByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cropFace, retouched, smallSample } from './photos.ts';
import { discard, readCredentials, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';

const CollectionId = 'missing';
const purpose = 'family-reunification';
const reviewers = ['ruth', 'simon'] as const;

let server: Server | undefined;
let client: RekognitionClient;
let dataDir: string;
/** Photos of two people. */
let enrolled: Uint8Array;
let stranger: Uint8Array;

const keyFile = (name: string) => join(dataDir, `${name}.ini`);

/** Runs a command that must succeed, at the server once it serves; its JSON. */
async function likeness(...args: string[]): Promise<Record<string, unknown>> {
  const where = server === undefined ? [] : ['--endpoint', server.url];
  const { exitCode, stdout, stderr } = await runLikeness(dataDir, [...args, ...where, '--json']);
  if (exitCode !== 0) throw new Error(`likeness ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** What one person proposes, another approves. */
async function byTwo(...args: string[]): Promise<void> {
  const { proposalId } = await likeness(...args);
  const out = args.includes('--out') ? ['--out', args[args.indexOf('--out') + 1] ?? ''] : [];
  await likeness('proposals', 'approve', String(proposalId), '--credentials', keyFile('second'), ...out);
}

/** The headers that came with an answer, beside the answer. */
async function withHeaders<Output extends object>(
  send: (client: RekognitionClient) => Promise<Output>,
  config = {},
): Promise<{ response: Omit<Output, '$metadata'>; headers: Record<string, string> }> {
  const own = (server as Server).client(config);
  let headers: Record<string, string> = {};
  own.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      headers = (result.response as { headers: Record<string, string> }).headers;
      return result;
    },
    { step: 'deserialize' },
  );
  const { $metadata: _, ...response } = (await send(own)) as Output & { $metadata: unknown };
  return { response, headers };
}

const search = (Bytes: Uint8Array, id = CollectionId) =>
  withHeaders((own) => own.send(new SearchFacesByImageCommand({ CollectionId: id, Image: { Bytes } })));
const caseOf = (headers: Record<string, string>) => headers['x-likeness-review-case'] ?? '';

beforeAll(async () => {
  dataDir = temporaryFolder();
  await likeness('people', 'add', 'second', '--roles', 'admin');
  await likeness('keys', 'create', '--person', 'second', '--out', keyFile('second'));
  for (const name of reviewers) {
    await byTwo('people', 'add', name, '--roles', 'reviewer');
    await byTwo('keys', 'create', '--person', name, '--purposes', purpose, '--out', keyFile(name));
  }
  const consent = ['--purpose', purpose, '--method', 'legal-basis', '--legal-basis', 'an order', '--controller', 'us'];
  await likeness('consent', 'grant', 'someone', ...consent, '--notice', new URL(import.meta.url).pathname);
  server = await startServer({ dataDir });
  client = server.client();
  const photo = await smallSample(6);
  const { FaceDetails = [] } = await client.send(new DetectFacesCommand({ Image: { Bytes: photo } }));
  enrolled = await cropFace(photo, FaceDetails[0]?.BoundingBox ?? {});
  stranger = await cropFace(photo, FaceDetails[1]?.BoundingBox ?? {});
  await client.send(new CreateCollectionCommand({ CollectionId, Tags: { 'likeness:purpose': purpose } }));
  await client.send(new IndexFacesCommand({ CollectionId, ExternalImageId: 'someone', Image: { Bytes: enrolled } }));
});
afterAll(() => discard(server));

describe('a search of a collection whose purpose wants review', () => {
  it('answers an AWS client with an empty result, and names a case in a header, whoever is looked for', async () => {
    const there = await search(await retouched(enrolled));
    const away = await search(await retouched(stranger));
    for (const { response, headers } of [there, away]) {
      expect(response).toEqual({
        FaceMatches: [],
        FaceModelVersion: expect.any(String),
        SearchedFaceBoundingBox: expect.any(Object),
        SearchedFaceConfidence: expect.any(Number),
      });
      expect(caseOf(headers)).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(Object.keys(there.headers).sort()).toEqual(Object.keys(away.headers).sort());
  });

  it('tells the match to who asked, after two reviewers agreed on its pictures', async () => {
    const { headers } = await search(enrolled);
    const caseId = caseOf(headers);
    expect(await likeness('review', 'outcome', caseId)).toMatchObject({ state: 'pending', matches: [] });
    for (const name of reviewers) {
      const credentials = ['--credentials', keyFile(name)];
      const out = join(dataDir, `looked-${name}`);
      const shown = await likeness('review', 'show', caseId, '--out', out, ...credentials);
      expect(readdirSync(out)).toEqual(expect.arrayContaining(['candidate-1.jpg', 'index.html', 'probe.jpg']));
      // Rank 1 is the match; whoever is known not to match may stand behind it.
      const others = (shown.candidates as { rank: number }[]).map(({ rank }) => rank).filter((rank) => rank > 1);
      const different = others.length > 0 ? ['--different', others.join(',')] : [];
      const decided = ['--same', '1', ...different, '--reason', 'the same ears'];
      await likeness('review', 'submit', caseId, ...decided, ...credentials);
    }
    expect(await likeness('review', 'outcome', caseId)).toMatchObject({
      state: 'closed',
      matches: [{ externalImageId: 'someone', similarity: expect.any(Number) }],
    });
  });

  it('tells nothing when the reviewers do not agree', async () => {
    const { headers } = await search(await retouched(enrolled));
    const caseId = caseOf(headers);
    for (const [i, name] of reviewers.entries()) {
      const credentials = ['--credentials', keyFile(name)];
      const shown = await likeness('review', 'show', caseId, ...credentials);
      const ranks = (shown.candidates as { rank: number }[]).map(({ rank }) => rank).join(',');
      const verdict = [i === 0 ? '--same' : '--different', ranks, '--reason', 'unsure'];
      await likeness('review', 'submit', caseId, ...verdict, ...credentials);
    }
    expect(await likeness('review', 'outcome', caseId)).toMatchObject({ state: 'closed', matches: [] });
  });

  it('lets a further photo of a subject wait, and answers as if it were stored', async () => {
    const add = async (Bytes: Uint8Array) =>
      withHeaders((own) =>
        own.send(new IndexFacesCommand({ CollectionId, ExternalImageId: 'someone', Image: { Bytes } })),
      );
    for (const photo of [await retouched(enrolled), stranger]) {
      const { response, headers } = await add(photo);
      expect(response.FaceRecords).toHaveLength(1);
      expect(response.FaceRecords?.[0]?.Face).toMatchObject({ ExternalImageId: 'someone', FaceId: expect.any(String) });
      expect(caseOf(headers)).not.toBe('');
    }
    expect((await client.send(new ListFacesCommand({ CollectionId }))).Faces).toHaveLength(1);
    expect((await client.send(new DescribeCollectionCommand({ CollectionId }))).FaceCount).toBe(1);
  });

  it('compares no faces for a key of that purpose', async () => {
    const credentials = join(dataDir, 'searcher.ini');
    await likeness('keys', 'create', '--purposes', purpose, '--out', credentials);
    const { response, headers } = await withHeaders(
      async (own) =>
        own.send(
          new CompareFacesCommand({
            SourceImage: { Bytes: enrolled },
            TargetImage: { Bytes: await retouched(enrolled) },
            SimilarityThreshold: 0,
          }),
        ),
      { credentials: readCredentials(credentials) },
    );
    expect(response).toMatchObject({ FaceMatches: [], UnmatchedFaces: [{ Confidence: expect.any(Number) }] });
    expect(caseOf(headers)).not.toBe('');
  });
});

describe('a photo library', () => {
  it('gives an AWS client its matches, and nothing else than the policy in a header', async () => {
    const scope = { CollectionId: 'album' };
    await client.send(new CreateCollectionCommand(scope));
    await client.send(new IndexFacesCommand({ ...scope, Image: { Bytes: enrolled } }));
    const { response, headers } = await search(await retouched(enrolled), 'album');
    expect(response.FaceMatches).toHaveLength(1);
    expect(Object.keys(headers).filter((name) => name.startsWith('x-likeness'))).toEqual([
      'x-likeness-policy',
      'x-likeness-purpose',
    ]);
    await client.send(new DeleteCollectionCommand(scope));
  });
});
