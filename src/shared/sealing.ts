import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Encrypts what is kept at rest. A sealed value is bound to what it is `about`: moved elsewhere it does not open. */
export interface Sealer {
  /** @returns nonce (12 bytes), ciphertext, tag (16 bytes) */
  seal(plain: Uint8Array, about: string): Uint8Array;
  /** @throws {SealBrokenError} when a byte was changed, or it was sealed under another key or about something else */
  open(sealed: Uint8Array, about: string): Uint8Array;
}

/** A sealed value does not open. */
export class SealBrokenError extends Error {
  constructor(about: string, options?: { cause?: unknown }) {
    super(`what is sealed as ${about} does not open: it was changed, or belongs to another key`, options);
    this.name = 'SealBrokenError';
  }
}

/** Bytes of a key. */
export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What sealing adds to a value, in bytes. */
export const sealOverheadBytes = nonceBytes + tagBytes;

/** A fresh random key of {@link keyBytes}. */
export function makeKeyBytes(): Uint8Array {
  return randomBytes(keyBytes);
}

/**
 * AES-256-GCM with random nonces: one key may seal up to 2^32 values.
 *
 * @param key {@link keyBytes} long
 * @source NIST SP 800-38D, section 8.3 (bound on random nonces)
 */
export function createSealer(key: Uint8Array): Sealer {
  if (key.length !== keyBytes) throw new RangeError(`a key of ${keyBytes} bytes is needed`);
  return {
    seal(plain, about) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about, 'utf8'));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, about) {
      try {
        if (sealed.length < sealOverheadBytes) throw new RangeError('too short');
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes))
          .setAAD(Buffer.from(about, 'utf8'))
          .setAuthTag(sealed.subarray(sealed.length - tagBytes));
        const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
        // In this mode nothing is held back: the end only says whether the tag is right.
        decipher.final();
        return plain;
      } catch (cause) {
        throw new SealBrokenError(about, { cause });
      }
    },
  };
}
