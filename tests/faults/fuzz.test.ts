import { connect } from 'node:net';
import { CreateCollectionCommand, DetectFacesCommand } from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cropFace, frontalFaces, smallSample } from '../../conformance/photos.ts';
import { discard, type Server, startServer } from '../../conformance/server.ts';
import { call, sendUnsigned, type WireAnswer } from '../../conformance/wire.ts';
import { type Random, seededRandom } from './random.ts';

const inFlight = 8;
const operations = [
  ...['AssociateFaces', 'CompareFaces', 'CreateCollection', 'CreateUser', 'DeleteCollection', 'DeleteFaces'],
  ...['DeleteUser', 'DescribeCollection', 'DetectFaces', 'DetectLabels', 'DisassociateFaces'],
  ...['IndexFaces', 'ListCollections'],
  ...['ListFaces', 'ListTagsForResource', 'ListUsers', 'SearchFaces', 'SearchFacesByImage', 'SearchUsers'],
  ...[
    'SearchUsersByImage',
    'TagResource',
    'UntagResource',
    'StartLabelDetection',
    'StartFaceSearch',
    'NoSuchOperation',
  ],
];
/** Every error that a malformed request may meet; none of them is the server's own fault. */
const rightErrors = new Set([
  ...['AccessDeniedException', 'ConflictException', 'IdempotentParameterMismatchException', 'ImageTooLargeException'],
  ...['InvalidImageFormatException', 'InvalidPaginationTokenException', 'InvalidParameterException'],
  ...['InvalidS3ObjectException', 'InvalidSignatureException', 'IncompleteSignatureException'],
  ...['MissingAuthenticationTokenException', 'ResourceAlreadyExistsException', 'ResourceNotFoundException'],
  ...['SerializationException', 'ServiceQuotaExceededException', 'UnknownOperationException', 'ValidationException'],
  'UnrecognizedClientException',
]);

let server: Server;
let seeds: Buffer[];

beforeAll(async () => {
  server = await startServer({ env: { LIKENESS_WORKERS: '2', LIKENESS_PROFILE: 'fast' } });
  await server.client().send(new CreateCollectionCommand({ CollectionId: 'fuzzed' }));
  const photo = await smallSample(6);
  const { FaceDetails = [] } = await server.client().send(new DetectFacesCommand({ Image: { Bytes: photo } }));
  const face = sharp(await cropFace(photo, FaceDetails[0]?.BoundingBox ?? {})).resize(120, 120, { fit: 'fill' });
  seeds = await Promise.all([
    face.clone().jpeg().toBuffer(),
    face.clone().jpeg({ progressive: true }).toBuffer(),
    face.clone().png({ palette: true }).toBuffer(),
    face.clone().webp().toBuffer(),
    face.clone().gif({ effort: 1 }).toBuffer(),
    face.clone().tiff({ compression: 'lzw' }).toBuffer(),
    face.clone().avif({ effort: 0 }).toBuffer(),
  ]);
});
afterAll(() => discard(server));

/** Runs so many tries, a few at a time, each made of the one random sequence before the next begins. */
async function attack(count: number, random: Random, begin: (random: Random) => Promise<void>): Promise<void> {
  let started = 0;
  const line = async () => {
    while (started < count) {
      started += 1;
      await begin(random);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, line));
}

function expectRight(answer: WireAnswer, what: string) {
  if (answer.status === 200) return;
  expect({ what, status: answer.status, right: rightErrors.has(answer.json?.__type), text: answer.text }).toMatchObject(
    {
      status: 400,
      right: true,
    },
  );
}

async function expectHealthy() {
  expect((await sendUnsigned(server, { method: 'GET', path: '/readyz' })).status).toBe(200);
  const answer = await server.client().send(new DetectFacesCommand({ Image: { Bytes: await smallSample(6) } }));
  expect(answer.FaceDetails).toHaveLength(frontalFaces[6]);
  const { text } = await sendUnsigned(server, { method: 'GET', path: '/metrics' });
  expect(text).toMatch(/^likeness_inference_workers_replaced 0$/m);
  expect(text).toMatch(/^likeness_request_bodies_bytes 0$/m);
  expect(text).not.toMatch(/outcome="InternalServerError"/);
  expect(server.log()).not.toContain('unexpectedly');
}

function strangeValue(random: Random, depth = 0): unknown {
  const simple = [
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    '',
    'fuzzed',
    '\u0000',
    '\ud83d\ude00'.repeat(40),
    '../..',
    '__proto__',
  ];
  const kind = random.below(depth > 3 ? 4 : 8);
  if (kind < 3) return random.pick(simple);
  if (kind === 3) return random.bytes(random.below(60)).toString(random.pick(['latin1', 'base64', 'hex'] as const));
  if (kind < 6) return Array.from({ length: random.below(5) }, () => strangeValue(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: random.below(5) }, () => [random.pick(members), strangeValue(random, depth + 1)]),
  );
}

const members = [
  ...[
    'CollectionId',
    'Image',
    'Bytes',
    'S3Object',
    'Bucket',
    'Name',
    'Version',
    'FaceId',
    'FaceIds',
    'UserId',
    'MaxFaces',
  ],
  ...['MaxResults', 'NextToken', 'Tags', 'TagKeys', 'ResourceArn', 'Attributes', 'QualityFilter', 'ExternalImageId'],
  ...[
    'SourceImage',
    'TargetImage',
    'SimilarityThreshold',
    'ClientRequestToken',
    'constructor',
    '__proto__',
    'toString',
  ],
];

it('answers 900 signed requests of strange JSON with right errors', async () => {
  await attack(900, seededRandom(1), async (random) => {
    const operation = random.pick(operations);
    const body = Object.fromEntries(
      Array.from({ length: 1 + random.below(6) }, () => [random.pick(members), strangeValue(random)]),
    );
    const named = { CollectionId: 'fuzzed', UserId: 'u', ...body };
    const text = Buffer.from(JSON.stringify(random.below(2) ? body : named));
    if (random.below(4) === 0 && text.length > 0) text[random.below(text.length)] = random.below(256);
    expectRight(await call(server, operation, text.toString('latin1')), `${operation} ${text.toString('latin1')}`);
  });
  await expectHealthy();
}, 120_000);

it('answers 400 broken images with right errors, and none from a half-read picture with a fault of its own', async () => {
  await attack(400, seededRandom(2), async (random) => {
    const image = Buffer.from(random.pick(seeds));
    const changes = 1 + random.below(12);
    for (let i = 0; i < changes; i += 1) image[random.below(image.length)] = random.below(256);
    const cut = random.below(3) === 0 ? image.subarray(0, random.below(image.length)) : image;
    const grown = random.below(5) === 0 ? Buffer.concat([cut, random.bytes(200)]) : cut;
    const Bytes = grown.toString('base64');
    const one = { Image: { Bytes }, CollectionId: 'fuzzed' };
    const answer = await (random.below(4) === 0
      ? call(server, random.pick(['IndexFaces', 'SearchFacesByImage', 'SearchUsersByImage']), one)
      : call(server, 'DetectFaces', one));
    expectRight(answer, Bytes);
  });
  await expectHealthy();
}, 240_000);

/** Sends bytes as they are; resolves with what came back when the connection has ended. */
function raw(bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let text = '';
    socket.setTimeout(30_000, () => {
      reject(new Error(`the connection hangs after ${JSON.stringify(bytes.toString('latin1'))}`));
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    // The server may close before all was sent: that is an answer too.
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.on('end', () => socket.end());
    socket.end(bytes);
  });
}

it('answers 700 pieces of broken HTTP with an error of the client or a closed connection', async () => {
  const whole = [
    'POST / HTTP/1.1',
    `Host: ${new URL(server.url).host}`,
    'Connection: close',
    'Content-Type: application/x-amz-json-1.1',
    'X-Amz-Target: RekognitionService.ListCollections',
    'X-Amz-Date: 20260101T000000Z',
    'Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/rekognition/aws4_request, SignedHeaders=host, Signature=00',
    'Content-Length: 2',
    '',
    '{}',
  ];
  const spoilers: ((lines: string[], random: Random) => string[])[] = [
    (lines, random) => lines.filter(() => random.below(4) > 0),
    (lines, random) =>
      lines.with(0, `${random.pick(['GET', 'PUT', 'BREW', 'OPTIONS'])} /${random.bytes(5).toString('hex')} HTTP/1.1`),
    (lines, random) =>
      lines.with(7, `Content-Length: ${random.pick(['-1', '99999999999999999999', '1e9', '2, 3', ''])}`),
    (lines) => lines.with(7, 'Transfer-Encoding: chunked').with(9, 'zz\r\n{}\r\n0\r\n\r\n'),
    (lines, random) =>
      lines.with(
        6,
        `Authorization: ${random
          .bytes(80)
          .toString('latin1')
          .replaceAll(/[\r\n]/g, ' ')}`,
      ),
    (lines, random) => [...lines.slice(0, 3), `X-Long: ${'x'.repeat(random.below(60_000))}`, ...lines.slice(3)],
    (lines, random) => lines.with(4, `X-Amz-Target: ${random.bytes(30).toString('base64')}`),
    (lines, random) => lines.with(5, `X-Amz-Date: ${random.pick(['yesterday', '99999999T999999Z', '', '20260101'])}`),
    (_lines, random) => [random.bytes(1 + random.below(300)).toString('latin1')],
  ];
  await attack(700, seededRandom(3), async (random) => {
    const lines = random.pick(spoilers)(whole, random);
    const bytes = Buffer.from(lines.join(random.below(10) ? '\r\n' : '\n'), 'latin1');
    if (random.below(3) === 0) bytes[random.below(bytes.length)] = random.below(256);
    const answer = await raw(bytes);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
    if (status !== undefined)
      expect({ status, sent: bytes.toString('latin1') }).toMatchObject({ status: expect.stringMatching(/^[24]/) });
  });
  await expectHealthy();
}, 240_000);
