import { statSync } from 'node:fs';
import { connect } from 'node:net';
import {
  CreateCollectionCommand,
  DescribeCollectionCommand,
  DetectFacesCommand,
  IndexFacesCommand,
  ListCollectionsCommand,
  ListFacesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-rekognition';
import { afterEach, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { frontalFaces, samplePhoto, smallSample } from './photos.ts';
import { discard, readCredentials, runLikeness, type Server, startServer, temporaryFolder } from './server.ts';
import { call, sendUnsigned } from './wire.ts';

let server: Server | undefined;
afterEach(async () => {
  await discard(server);
  server = undefined;
});

describe('the first start', () => {
  it('writes a credentials file for AWS tools that only its owner can read, and keeps it', async () => {
    const dataDir = temporaryFolder();
    server = await startServer({ dataDir });
    expect(statSync(server.credentialsFile).mode & 0o777).toBe(0o600);
    expect(server.credentials.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(server.credentials.secretAccessKey).toHaveLength(40);
    await server.client().send(new CreateCollectionCommand({ CollectionId: 'kept' }));
    expect(await server.stop()).toBe(0);
    server = await startServer({ dataDir });
    expect(readCredentials(server.credentialsFile)).toEqual(server.credentials);
    const { CollectionIds } = await server.client().send(new ListCollectionsCommand({}));
    expect(CollectionIds).toEqual(['kept']);
    expect(server.log()).not.toContain(server.credentials.secretAccessKey);
  });

  it('is refused for a data folder that another server uses', async () => {
    server = await startServer();
    const second = await runLikeness(server.dataDir, ['serve']);
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toMatch(/used by|in use|locked/i);
  });

  it('is refused for settings that contradict each other, saying what to change', async () => {
    const { exitCode, stderr } = await runLikeness(temporaryFolder(), ['serve'], {
      LIKENESS_HOST: '0.0.0.0',
      LIKENESS_SIGNATURES: 'off',
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('LIKENESS_SIGNATURES');
    const unknown = await runLikeness(temporaryFolder(), ['serve'], { LIKENESS_PROTO: '1' });
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('LIKENESS_PROTO');
  });
});

describe('a server without signatures', () => {
  it('answers programs of this machine, and no web page', async () => {
    server = await startServer({ env: { LIKENESS_SIGNATURES: 'off' } });
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'RekognitionService.ListCollections',
    };
    expect((await sendUnsigned(server, { headers })).status).toBe(200);
    const fromPage = await sendUnsigned(server, { headers: { ...headers, origin: 'https://example.org' } });
    expect(fromPage.json.__type).toBe('AccessDeniedException');
  });
});

describe('settings', () => {
  it('set quotas, release attributes of adults, name origins, and choose the face model of new collections', async () => {
    server = await startServer({
      env: {
        LIKENESS_PROFILE: 'fast',
        LIKENESS_COLLECTION_MAX_FACES: '5',
        LIKENESS_MAX_COLLECTIONS: '2',
        LIKENESS_PHOTO_LIBRARY_ATTRIBUTES: 'emotions,gender',
        LIKENESS_CORS_ORIGINS: 'https://console.example.org',
        LIKENESS_REGION: 'eu-central-1',
        LIKENESS_ACCOUNT_ID: '123456789012',
      },
    });
    const client = server.client({ region: 'eu-central-1' });
    const create = (CollectionId: string) => client.send(new CreateCollectionCommand({ CollectionId }));
    const made = await create('one');
    expect(made.CollectionArn).toBe('arn:aws:rekognition:eu-central-1:123456789012:collection/one');
    await create('two');
    await expectFailure(create('three'), 'ServiceQuotaExceededException');

    const Image = { Bytes: await smallSample(6) };
    const index = (ExternalImageId: string) =>
      client.send(new IndexFacesCommand({ CollectionId: 'one', Image, ExternalImageId }));
    const { FaceModelVersion } = await index('a');
    expect(FaceModelVersion).toBe(made.FaceModelVersion);
    await expectFailure(index('b'), 'ServiceQuotaExceededException');
    const told = await client.send(new DescribeCollectionCommand({ CollectionId: 'one' }));
    expect(told.FaceCount).toBe(frontalFaces[6]);

    const { FaceDetails = [] } = await client.send(new DetectFacesCommand({ Image, Attributes: ['ALL'] }));
    for (const { AgeRange, Emotions, Gender } of FaceDetails) {
      const adult = (AgeRange?.Low ?? 0) >= 18;
      expect({ emotions: Emotions !== undefined, gender: Gender !== undefined }).toEqual({
        emotions: adult,
        gender: adult,
      });
      const confidences = (Emotions ?? []).map(({ Confidence = -1 }) => Confidence);
      expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    }
    expect(FaceDetails.some(({ Gender }) => Gender !== undefined)).toBe(true);

    const preflight = (origin: string) =>
      fetch(`${server?.url}/`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const named = await preflight('https://console.example.org');
    expect(named.headers.get('access-control-allow-origin')).toBe('https://console.example.org');
    expect((await preflight('https://example.org')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a server under load', () => {
  it('turns away what exceeds its queue with a ThrottlingException, answers the rest, and recovers', async () => {
    server = await startServer({ env: { LIKENESS_QUEUE_LIMIT: '0' } });
    const client = server.client();
    const Bytes = samplePhoto(5);
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, () =>
        client.send(new DetectFacesCommand({ Image: { Bytes } })).then(
          ({ FaceDetails }) => FaceDetails?.length,
          (error: { name: string; $metadata: { httpStatusCode?: number } }) =>
            `${error.name} ${error.$metadata.httpStatusCode}`,
        ),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set([frontalFaces[5], 'ThrottlingException 400']));
    // AWS clients with their usual number of attempts wait and come through.
    const patient = server.client({ maxAttempts: 12, retryMode: 'standard' });
    expect((await patient.send(new DetectFacesCommand({ Image: { Bytes } }))).FaceDetails).toHaveLength(5);
  });

  it('is not held up by clients that connect and say nothing, or go away in the middle', async () => {
    server = await startServer({ env: { LIKENESS_QUEUE_LIMIT: '4' } });
    const { hostname, port } = new URL(server.url);
    const silent = Array.from({ length: 50 }, () => connect(Number(port), hostname).on('error', () => {}));
    const Bytes = Buffer.from(await smallSample(3)).toString('base64');
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const leaving = AbortSignal.timeout(60);
        await call(server as Server, 'DetectFaces', { Image: { Bytes } }, { signal: leaving }).catch(() => {});
      }),
    );
    const patient = server.client({ maxAttempts: 8 });
    const answer = await patient.send(new DetectFacesCommand({ Image: { Bytes: await smallSample(3) } }));
    expect(answer.FaceDetails).toHaveLength(frontalFaces[3]);
    for (const socket of silent) socket.destroy();
  });
});

describe('a graceful stop', () => {
  it('finishes the requests that are under way, and keeps what they stored', async () => {
    const dataDir = temporaryFolder('likeness-stop');
    server = await startServer({ dataDir });
    const client = server.client();
    await client.send(new CreateCollectionCommand({ CollectionId: 'last' }));
    const Bytes = samplePhoto(5);
    const answers = [1, 2, 3].map((n) =>
      client.send(new IndexFacesCommand({ CollectionId: 'last', Image: { Bytes }, ExternalImageId: `photo:${n}` })),
    );
    await letIn(server, 3);
    const code = server.stop();
    const records = (await Promise.all(answers)).flatMap(({ FaceRecords = [] }) => FaceRecords);
    expect(await code).toBe(0);
    expect(records).toHaveLength(3 * frontalFaces[5]);
    server = await startServer({ dataDir });
    const { Faces = [] } = await server.client().send(new ListFacesCommand({ CollectionId: 'last' }));
    expect(Faces.map(({ FaceId }) => FaceId).sort()).toEqual(records.map(({ Face }) => Face?.FaceId).sort());
    const told = await server.client().send(new DescribeCollectionCommand({ CollectionId: 'last' }));
    expect(told.FaceCount).toBe(records.length);
    expect((await server.client().send(new ListUsersCommand({ CollectionId: 'last' }))).Users).toEqual([]);
  });
});

/** Waits until so many requests have been let in. */
async function letIn(running: Server, requests: number): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    const { text } = await sendUnsigned(running, { method: 'GET', path: '/metrics' });
    if (Number(/^likeness_requests_running (\d+)/m.exec(text)?.[1]) >= requests) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`there were never ${requests} requests under way at once`);
}
