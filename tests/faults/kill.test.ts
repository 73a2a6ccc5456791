import {
  CreateCollectionCommand,
  DescribeCollectionCommand,
  DetectFacesCommand,
  IndexFacesCommand,
  ListFacesCommand,
  type RekognitionClient,
  SearchFacesCommand,
} from '@aws-sdk/client-rekognition';
import { afterEach, describe, expect, it } from 'vitest';
import { cropFace, frontalFaces, smallSample } from '../../conformance/photos.ts';
import { discard, type Server, startServer, temporaryFolder } from '../../conformance/server.ts';
import { sendUnsigned } from '../../conformance/wire.ts';
import { childrenOf, isRunning, tellsChildren, until } from './processes.ts';
import { seededRandom } from './random.ts';

const CollectionId = 'survivors';
const rounds = 4;
const env = { LIKENESS_PROFILE: 'fast', LIKENESS_WORKERS: '2' };

let server: Server | undefined;
afterEach(async () => {
  await discard(server);
  server = undefined;
});

const facesIn = async (client: RekognitionClient) =>
  (await client.send(new ListFacesCommand({ CollectionId }))).Faces?.map(({ FaceId = '' }) => FaceId) ?? [];

describe('kill -9 of the whole server during IndexFaces', () => {
  it('loses no acknowledged face, round after round, and finds every one again', async () => {
    const random = seededRandom(2016_06_27);
    const photo = await smallSample(6);
    const dataDir = temporaryFolder('likeness-killed');
    server = await startServer({ dataDir, env });
    const { FaceDetails = [] } = await server.client().send(new DetectFacesCommand({ Image: { Bytes: photo } }));
    const crops = await Promise.all(FaceDetails.map(({ BoundingBox }) => cropFace(photo, BoundingBox ?? {})));
    await server.client().send(new CreateCollectionCommand({ CollectionId }));
    const acknowledged = new Set<string>();

    for (let round = 0; round < rounds; round += 1) {
      const before = acknowledged.size;
      const client = server.client();
      let killed = false;
      const writers = crops.map(async (Bytes, writer) => {
        for (let n = 0; !killed; n += 1) {
          const ExternalImageId = `round:${round}:${writer}:${n}`;
          const indexing = client.send(new IndexFacesCommand({ CollectionId, Image: { Bytes }, ExternalImageId }));
          const answer = await indexing.catch(() => undefined);
          for (const { Face } of answer?.FaceRecords ?? []) acknowledged.add(Face?.FaceId ?? '');
        }
      });
      await until('a face was acknowledged', () => acknowledged.size > before);
      await new Promise((resolve) => setTimeout(resolve, random.below(800)));
      const workers = tellsChildren ? childrenOf(server.pid) : [];
      killed = true;
      await server.kill();
      await Promise.all(writers);
      await until('the workers had ended with their server', () => !workers.some(isRunning));

      server = await startServer({ dataDir, env });
      const restarted = server.client();
      const listed = await facesIn(restarted);
      expect(new Set(listed)).toEqual(new Set([...listed, ...acknowledged]));
      expect(new Set(listed).size).toBe(listed.length);
      const told = await restarted.send(new DescribeCollectionCommand({ CollectionId }));
      expect(told.FaceCount).toBe(listed.length);
      const found = await restarted.send(
        new SearchFacesCommand({ CollectionId, FaceId: listed[0], FaceMatchThreshold: 0, MaxFaces: 4096 }),
      );
      const searchable = new Set([listed[0], ...(found.FaceMatches ?? []).map(({ Face }) => Face?.FaceId)]);
      expect(searchable).toEqual(new Set(listed));
    }
    expect(acknowledged.size).toBeGreaterThan(rounds);
    expect((await server.likeness('audit', 'verify')).exitCode).toBe(0);
  }, 240_000);
});

describe.skipIf(!tellsChildren)(
  'kill -9 of the workers during a request (skipped where /proc tells no children)',
  () => {
    it('fails or repeats that request alone, and the next ones are answered by new workers', async () => {
      server = await startServer({ env });
      const client = server.client();
      const running = server;
      const Bytes = await smallSample(6);
      const detect = () => client.send(new DetectFacesCommand({ Image: { Bytes } }));
      const metric = async (name: string) => {
        const { text } = await sendUnsigned(running, { method: 'GET', path: '/metrics' });
        return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
      };
      const hit = Promise.allSettled([detect(), detect(), detect(), detect()]);
      await until('a worker was at work', async () => (await metric('likeness_inference_workers_busy')) > 0);
      const workers = childrenOf(running.pid);
      expect(workers.length).toBeGreaterThan(0);
      for (const worker of workers) process.kill(worker, 'SIGKILL');
      for (const outcome of await hit) {
        if (outcome.status === 'fulfilled') expect(outcome.value.FaceDetails).toHaveLength(frontalFaces[6]);
        else expect(outcome.reason.name).toMatch(/^(InternalServerError|ThrottlingException)$/);
      }
      for (let i = 0; i < 3; i += 1) expect((await detect()).FaceDetails).toHaveLength(frontalFaces[6]);
      expect(await metric('likeness_inference_workers_replaced')).toBeGreaterThan(0);
      expect(childrenOf(running.pid).some((pid) => workers.includes(pid))).toBe(false);
    });
  },
);
