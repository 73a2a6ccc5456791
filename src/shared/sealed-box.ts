import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { createSealer, keyBytes, SealBrokenError } from './sealing.ts';

/** A pair of X25519 keys, raw. The private one is a secret. */
export interface BoxKeys {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
}

// What stands before the raw key in DER (RFC 8410).
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** Bytes of a raw X25519 key. */
export const boxKeyBytes = 32;

/** A fresh pair of keys, or the pair of a private key. */
export function boxKeys(privateKey: Uint8Array = randomBytes(boxKeyBytes)): BoxKeys {
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKeyOf(privateKey))) };
}

/** The raw public key of a PEM that holds an X25519 key, public or private; undefined for another. */
export function boxPublicKeyOfPem(pem: string): Uint8Array | undefined {
  const key = x25519Of(() => createPublicKey(pem));
  return key && rawPublicKey(key);
}

/** The pair of keys in a PEM that holds an X25519 private key; undefined for another. */
export function boxKeysOfPem(pem: string): BoxKeys | undefined {
  const key = x25519Of(() => createPrivateKey(pem));
  return key && boxKeys(key.export({ type: 'pkcs8', format: 'der' }).subarray(privatePrefix.length));
}

/** A private key as PEM (PKCS #8), as `openssl genpkey -algorithm X25519` writes it. A secret. */
export function boxPrivateKeyPem({ privateKey }: BoxKeys): string {
  return privateKeyOf(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A public key as PEM (SPKI). */
export function boxPublicKeyPem({ publicKey }: Pick<BoxKeys, 'publicKey'>): string {
  return publicKeyOf(publicKey).export({ type: 'spki', format: 'pem' }).toString();
}

/**
 * Seals a few bytes for whoever has the private key: a fresh X25519 pair, HKDF-SHA256 over the shared secret and both
 * public keys, AES-256-GCM. It does not say who sealed it.
 *
 * @param about what is sealed; it opens under the same words only
 * @returns the fresh public key (32 bytes), then what a sealer makes
 * @throws {SealBrokenError} for a public key with which nothing can be shared
 * @source RFC 7748, RFC 5869, NIST SP 800-38D
 */
export function sealFor(publicKey: Uint8Array, plain: Uint8Array, about: string): Uint8Array {
  const fresh = boxKeys();
  const key = sharedKey(fresh.privateKey, publicKey, { fresh: fresh.publicKey, recipient: publicKey }, about);
  return Buffer.concat([fresh.publicKey, createSealer(key).seal(plain, about)]);
}

/** Opens what {@link sealFor} sealed. @throws {SealBrokenError} when it was changed, or is for another key */
export function openSealedFor(keys: BoxKeys, sealed: Uint8Array, about: string): Uint8Array {
  const fresh = sealed.subarray(0, boxKeyBytes);
  const key = sharedKey(keys.privateKey, fresh, { fresh, recipient: keys.publicKey }, about);
  return createSealer(key).open(sealed.subarray(boxKeyBytes), about);
}

function sharedKey(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  both: { readonly fresh: Uint8Array; readonly recipient: Uint8Array },
  about: string,
): Uint8Array {
  try {
    const secret = diffieHellman({ privateKey: privateKeyOf(privateKey), publicKey: publicKeyOf(publicKey) });
    const salt = Buffer.concat([both.fresh, both.recipient]);
    return new Uint8Array(hkdfSync('sha256', secret, salt, 'likeness sealed box', keyBytes));
  } catch (cause) {
    // A key of small order shares nothing, and OpenSSL says so.
    throw new SealBrokenError(about, { cause });
  }
}

function privateKeyOf(raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, raw]), type: 'pkcs8', format: 'der' });
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, raw]), type: 'spki', format: 'der' });
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' }).subarray(publicPrefix.length);
}

function x25519Of(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === 'x25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
