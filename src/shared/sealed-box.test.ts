import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  boxKeys,
  boxKeysOfPem,
  boxPrivateKeyPem,
  boxPublicKeyOfPem,
  boxPublicKeyPem,
  openSealedFor,
  sealFor,
} from './sealed-box.ts';
import { SealBrokenError } from './sealing.ts';

const secret = Buffer.from('thirty-two bytes of a file key..');

describe('a sealed box', () => {
  const [me, other] = [boxKeys(), boxKeys()];

  it('is opened by its recipient alone, under the words that it was sealed about', () => {
    const sealed = sealFor(me.publicKey, secret, 'a file');
    expect(Buffer.from(openSealedFor(me, sealed, 'a file'))).toEqual(secret);
    expect(() => openSealedFor(other, sealed, 'a file')).toThrow(SealBrokenError);
    expect(() => openSealedFor(me, sealed, 'another file')).toThrow(SealBrokenError);
    expect(Buffer.from(sealed).includes(secret)).toBe(false);
    expect(sealFor(me.publicKey, secret, 'a file')).not.toEqual(sealed);
  });

  it('does not open when any byte of it was changed, or it was cut', () => {
    const sealed = Buffer.from(sealFor(me.publicKey, secret, 'a file'));
    for (let at = 0; at < sealed.length; at += 1) {
      const copy = Buffer.from(sealed);
      // The highest bit of an X25519 key does not count (RFC 7748), and stands in what the key is derived from.
      copy[at] = (copy[at] ?? 0) ^ 0x80;
      expect(() => openSealedFor(me, copy, 'a file'), `byte ${at}`).toThrow(SealBrokenError);
    }
    for (const length of [0, 31, 32, 60, sealed.length - 1]) {
      expect(() => openSealedFor(me, sealed.subarray(0, length), 'a file')).toThrow(SealBrokenError);
    }
  });

  it('is sealed for no key of small order, with which every secret is known', () => {
    for (const first of [0, 1]) {
      const weak = new Uint8Array(32);
      weak[0] = first;
      expect(() => sealFor(weak, secret, 'a file')).toThrow(SealBrokenError);
    }
  });

  it('takes keys as OpenSSL writes them, and no others', () => {
    expect(boxKeysOfPem(boxPrivateKeyPem(me))).toEqual(me);
    expect(boxPublicKeyOfPem(boxPublicKeyPem(me))).toEqual(Buffer.from(me.publicKey));
    expect(boxPublicKeyOfPem(boxPrivateKeyPem(me))).toEqual(Buffer.from(me.publicKey));
    const { privateKey } = generateKeyPairSync('x25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(boxPrivateKeyPem(boxKeysOfPem(pem) ?? other)).toBe(pem);
    const ed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const broken of ['', 'key', ed, boxPublicKeyPem(me)]) expect(boxKeysOfPem(broken)).toBeUndefined();
  });
});
