import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateCollectionCommand,
  DetectFacesCommand,
  type Image,
  IndexFacesCommand,
  type RekognitionClient,
} from '@aws-sdk/client-rekognition';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { blankImage, blankPng, exifRotated, frontalFaces, smallSample } from './photos.ts';
import { discard, type Server, startServer, temporaryFolder } from './server.ts';

const badFormat = 'Request has invalid image format';
const tooLarge = 'Image size is too large.';
const noObject = 'Unable to get object metadata from S3. Check object key, region and/or access permissions.';

let server: Server;
let client: RekognitionClient;
let photo: Uint8Array;
const bucketsDir = temporaryFolder('likeness-buckets');

beforeAll(async () => {
  photo = await smallSample(3);
  server = await startServer({ env: { LIKENESS_BUCKETS_DIR: bucketsDir } });
  client = server.client();
});
afterAll(async () => {
  await discard(server);
  rmSync(bucketsDir, { recursive: true, force: true });
});

const facesOf = async (image: Image) => (await client.send(new DetectFacesCommand({ Image: image }))).FaceDetails ?? [];
const detect = (Bytes: Uint8Array) => facesOf({ Bytes });
const detectObject = (Bucket: string, Name: string, Version?: string) =>
  facesOf({ S3Object: { Bucket, Name, ...(Version && { Version }) } });

describe('image formats', () => {
  it.each(['png', 'webp', 'avif', 'tiff', 'gif'] as const)('%s is read as JPEG is', async (format) => {
    const effort = { avif: { effort: 0 }, gif: { effort: 1 } };
    const encoded = await sharp(photo)
      .toFormat(format, format === 'avif' || format === 'gif' ? effort[format] : {})
      .toBuffer();
    const [asJpeg, same] = [await detect(photo), await detect(encoded)];
    expect(same).toHaveLength(frontalFaces[3]);
    expect(same[0]?.BoundingBox?.Left).toBeCloseTo(asJpeg[0]?.BoundingBox?.Left ?? -1, 1);
  });

  it('grey, with transparency and with 16 bits a channel are read', async () => {
    for (const image of [
      sharp(photo).grayscale().jpeg(),
      sharp(photo).ensureAlpha(0.9).png(),
      sharp(photo).toColourspace('rgb16').png(),
    ]) {
      expect(await detect(await image.toBuffer())).toHaveLength(frontalFaces[3]);
    }
  });

  it('EXIF orientation is applied, and coordinates are of the upright image', async () => {
    const upright = await detect(photo);
    const rotated = await detect(await exifRotated(photo));
    expect(rotated).toHaveLength(upright.length);
    for (const [i, face] of rotated.entries()) {
      expect(face.BoundingBox?.Left).toBeCloseTo(upright[i]?.BoundingBox?.Left ?? -1, 1);
      expect(face.BoundingBox?.Top).toBeCloseTo(upright[i]?.BoundingBox?.Top ?? -1, 1);
    }
  });

  it.each([
    ['text', Buffer.from('this is no image')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"/>')],
    ['PDF', Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n')],
    ['a JPEG header alone', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
  ])('%s is refused', async (_name, bytes) => {
    await expectFailure(detect(bytes), 'InvalidImageFormatException', badFormat);
  });

  it('HEIC is refused naming the missing decoder', async () => {
    const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]);
    await expectFailure(detect(heic), 'InvalidImageFormatException', /^Request has invalid image format.*HEIC/);
  });

  it('a truncated photo is refused, and never answered from what is left of it', async () => {
    const png = await sharp(photo).png().toBuffer();
    for (const whole of [photo, png]) {
      await expectFailure(
        detect(whole.subarray(0, Math.floor(whole.length * 0.6))),
        'InvalidImageFormatException',
        badFormat,
      );
    }
  });
});

describe('image sizes', () => {
  it('bytes up to 5 MiB are taken, one more is refused', async () => {
    const padded = (length: number) => Buffer.concat([photo, Buffer.alloc(length - photo.length)]);
    expect(await detect(padded(5_242_880))).toHaveLength(frontalFaces[3]);
    await expectFailure(detect(padded(5_242_881)), 'ImageTooLargeException', tooLarge);
  });

  it('bodies beyond 16 MiB are refused as too large', async () => {
    await expectFailure(detect(Buffer.alloc(14 * 2 ** 20)), 'ImageTooLargeException', tooLarge);
  });

  it('80 pixels a side are the least', async () => {
    expect(await detect(await blankImage(80, 80))).toEqual([]);
    await expectFailure(detect(await blankImage(79, 200)), 'InvalidParameterException', /^Request has invalid param/);
  });

  it('a small file that unfolds to more than 100 megapixels is refused before it does', async () => {
    const bomb = blankPng(12_000, 12_000);
    expect(bomb.length).toBeLessThan(5_242_880);
    await expectFailure(detect(bomb), 'ImageTooLargeException');
  });

  it('an empty image is refused by its length', async () => {
    await expectFailure(
      detect(new Uint8Array(0)),
      'ValidationException',
      /'image.bytes' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    );
  });
});

describe('objects in buckets that are folders', () => {
  beforeAll(async () => {
    mkdirSync(join(bucketsDir, 'photos', 'summer'), { recursive: true });
    writeFileSync(join(bucketsDir, 'photos', 'summer', 'group 1.jpg'), photo);
    writeFileSync(join(bucketsDir, 'photos', 'note.txt'), 'no image');
    writeFileSync(join(bucketsDir, 'photos', 'big.jpg'), Buffer.concat([photo, Buffer.alloc(6 * 2 ** 20)]));
    writeFileSync(join(bucketsDir, 'photos', 'huge.jpg'), Buffer.concat([photo, Buffer.alloc(16 * 2 ** 20)]));
    writeFileSync(join(bucketsDir, 'outside.jpg'), photo);
    symlinkSync(join(bucketsDir, 'outside.jpg'), join(bucketsDir, 'photos', 'link.jpg'));
    symlinkSync(bucketsDir, join(bucketsDir, 'photos', 'linked-folder'));
  });

  it('are read by bucket and key', async () => {
    expect(await detectObject('photos', 'summer/group 1.jpg')).toEqual(await detect(photo));
  });

  it('may be larger than bytes, up to 15 MiB', async () => {
    expect(await detectObject('photos', 'big.jpg')).toHaveLength(frontalFaces[3]);
    await expectFailure(detectObject('photos', 'huge.jpg'), 'ImageTooLargeException', tooLarge);
  });

  it('have the same ImageId as the same bytes in a request', async () => {
    const CollectionId = 'from-buckets';
    await client.send(new CreateCollectionCommand({ CollectionId }));
    const index = async (image: Image) =>
      (await client.send(new IndexFacesCommand({ CollectionId, Image: image }))).FaceRecords?.[0]?.Face;
    const fromObject = await index({ S3Object: { Bucket: 'photos', Name: 'summer/group 1.jpg' } });
    expect(await index({ Bytes: photo })).toEqual(fromObject);
  });

  it.each([
    ['a missing object', 'photos', 'missing.jpg'],
    ['a missing bucket', 'no-such-bucket', 'a.jpg'],
    ['a folder', 'photos', 'summer'],
    ['a way out of the bucket', 'photos', '../outside.jpg'],
    ['a way out through a folder', 'photos', 'summer/../../outside.jpg'],
    ['an absolute path', 'photos', '/etc/hostname'],
    ['a link', 'photos', 'link.jpg'],
    ['a way through a linked folder', 'photos', 'linked-folder/outside.jpg'],
  ])('answer %s with one and the same error', async (_name, bucket, key) => {
    await expectFailure(detectObject(bucket, key), 'InvalidS3ObjectException', noObject);
  });

  it('keep no versions', async () => {
    await expectFailure(detectObject('photos', 'summer/group 1.jpg', 'v1'), 'InvalidS3ObjectException', noObject);
  });

  it('that are no images are refused as such', async () => {
    await expectFailure(detectObject('photos', 'note.txt'), 'InvalidImageFormatException', badFormat);
  });

  it('are refused by the pattern of bucket names', async () => {
    await expectFailure(detectObject('not/a bucket', 'a.jpg'), 'ValidationException', /'image.s3Object.bucket'/);
  });
});
