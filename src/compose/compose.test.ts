import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ImageError } from '../media/errors.ts';
import { imageIdOf } from '../shared/image-id.ts';
import { SourceError } from '../sources/index.ts';
import { openMemoryStores } from '../stores/index.ts';
import { StoreError } from '../stores/ports/index.ts';
import { VisionBusyError, VisionFailedError } from '../vision/index.ts';
import { credentialsIni, ensureFirstKey, makeKey, readCredentialsIni, secretOf } from './access-keys.ts';
import { createImageReader } from './image-reader.ts';
import { inServiceTerms } from './service-terms.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-compose-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('a new key', () => {
  it('has the form of AWS keys, and a session token only when it is temporary', () => {
    const lasting = makeKey({ person: 'ann', purposes: ['photo-library'] }, 0);
    const temporary = makeKey({ person: 'ann', purposes: ['photo-library'], expiresAtMs: 5 }, 0);
    expect(lasting.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(temporary.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(lasting.secretAccessKey).toHaveLength(40);
    expect(lasting.sessionToken).toBeUndefined();
    expect(temporary.sessionToken).toHaveLength(128);
  });

  it('comes back from the credentials file as it was written', () => {
    const key = makeKey({ person: 'ann', purposes: ['photo-library'], expiresAtMs: 5 }, 0);
    const { accessKeyId, secretAccessKey, sessionToken } = key;
    expect(readCredentialsIni(credentialsIni(key, 'eu-west-1'))).toEqual({
      accessKeyId,
      secretAccessKey,
      sessionToken,
    });
  });

  it('is made at the first start only, in a file that only its owner reads', async () => {
    const stores = await openMemoryStores();
    const file = join(temporaryFolder(), 'data', 'aws-credentials');
    const wanted = { file, region: 'us-east-1', purposes: ['photo-library'], nowMs: 1 };
    expect(await ensureFirstKey(stores.keys, wanted)).toBe(true);
    expect(await ensureFirstKey(stores.keys, wanted)).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { accessKeyId } = readCredentialsIni(readFileSync(file, 'utf8'));
    expect(await stores.keys.find(accessKeyId)).toMatchObject({ person: 'operator', operations: '*' });
    await stores.close();
  });
});

describe('a secret of the data folder', () => {
  it('stays the same from start to start, and a cut one is refused', () => {
    const file = join(temporaryFolder(), 'secret');
    expect(secretOf(file, 32)).toEqual(secretOf(file, 32));
    expect(() => secretOf(file, 64)).toThrow(/does not hold the 64 bytes/);
  });
});

describe('the image reader', () => {
  const never = new AbortController().signal;
  const reader = createImageReader({
    maxInlineBytes: 4,
    maxObjectBytes: 8,
    objects: {
      read: async ({ key, version }, limitBytes) => new TextEncoder().encode(`${key}${version ?? ''}${limitBytes}`),
    },
  });

  it('gives the same id to the same bytes, in the form of a name-based UUID', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const { imageId } = await reader.read({ Bytes: bytes }, never);
    expect(imageId).toBe(imageIdOf(bytes));
    expect(imageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(imageIdOf(new Uint8Array([1, 2, 4]))).not.toBe(imageId);
  });

  it('reads an object with its version, within the limit of objects', async () => {
    const { bytes } = await reader.read({ S3Object: { Bucket: 'b', Name: 'key', Version: 'v' } }, never);
    expect(new TextDecoder().decode(bytes)).toBe('keyv8');
  });

  it.each([
    ['nothing', undefined],
    ['neither', {}],
    ['both', { Bytes: new Uint8Array(1), S3Object: { Bucket: 'b', Name: 'k' } }],
    ['an object without a name', { S3Object: { Bucket: 'b' } }],
  ])('refuses %s', async (_, image) => {
    await expect(reader.read(image, never)).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });

  it('refuses bytes over the limit of a request', async () => {
    await expect(reader.read({ Bytes: new Uint8Array(5) }, never)).rejects.toMatchObject({
      code: 'ImageTooLargeException',
    });
  });
});

describe('a domain error in the terms of the service', () => {
  it.each([
    [new ImageError('truncated', 'x'), 'InvalidImageFormatException'],
    [new ImageError('too-many-bytes', 'x'), 'ImageTooLargeException'],
    [new ImageError('too-small', 'x'), 'InvalidParameterException'],
    [new SourceError('not-allowed', '/etc'), 'InvalidS3ObjectException'],
    [new StoreError('collection-exists', 'x'), 'ResourceAlreadyExistsException'],
    [new StoreError('user-changed', 'x'), 'ConflictException'],
    [new VisionBusyError(), 'ThrottlingException'],
    [new VisionFailedError('at /srv/secret'), 'InternalServerError'],
  ])('%s is %s', (error, code) => {
    expect(inServiceTerms(error, {})).toMatchObject({ code, cause: error });
  });

  it('repeats only ids that the client sent, and no inner message', () => {
    const missing = inServiceTerms(new StoreError('collection-not-found', '/srv/data'), { CollectionId: 'c' });
    expect(missing?.message).toBe('The collection id: c does not exist');
    expect(inServiceTerms(new VisionFailedError('at /srv/secret'), {})?.message).not.toContain('/srv');
    expect(inServiceTerms(new SourceError('not-allowed', '/etc/passwd'), {})?.message).not.toContain('/etc');
  });

  it('is undefined for an error that has none', () => {
    expect(inServiceTerms(new TypeError('x'), {})).toBeUndefined();
  });
});
