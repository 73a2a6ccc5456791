import { createCipheriv, createDecipheriv } from 'node:crypto';

const tagBytes = 16;
const nonceBytes = 12;

/** Plain bytes in one frame. */
export const frameBytes = 1 << 20;
/** What a frame adds: its length before it, its tag behind it. */
export const frameOverheadBytes = 4 + tagBytes;

const finalBit = 0x8000_0000;

/** A frame's length word, read. */
export interface FrameHead {
  /** Bytes that follow the word. */
  readonly sealedBytes: number;
  readonly isLast: boolean;
}

/**
 * Seals frame after frame with AES-256-GCM under a key that serves for one file only, so that the frame's number can be
 * its nonce. The number, whether it is the last, and the file's header are sealed with it: a frame that is changed,
 * moved, dropped or put into another file does not open, and neither does a file that was cut at a frame.
 *
 * @source NIST SP 800-38D; the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015)
 */
export function createFrameSealer(key: Uint8Array, about: Uint8Array): (plain: Uint8Array, isLast: boolean) => Buffer {
  let index = 0;
  return (plain, isLast) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index)).setAAD(aadOf(about, index, isLast));
    index += 1;
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE((sealed.length | (isLast ? finalBit : 0)) >>> 0);
    return Buffer.concat([head, sealed]);
  };
}

/** Opens what {@link createFrameSealer} sealed, in the same order. @returns undefined for a frame that does not open */
export function createFrameOpener(
  key: Uint8Array,
  about: Uint8Array,
): (sealed: Uint8Array, isLast: boolean) => Buffer | undefined {
  let index = 0;
  return (sealed, isLast) => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index))
        .setAAD(aadOf(about, index, isLast))
        .setAuthTag(sealed.subarray(sealed.length - tagBytes));
      index += 1;
      return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - tagBytes)), decipher.final()]);
    } catch {
      return undefined;
    }
  };
}

/** Reads a frame's length word; undefined for a length that no frame has. */
export function readFrameHead(word: Uint8Array): FrameHead | undefined {
  const value = Buffer.from(word).readUInt32BE();
  const sealedBytes = (value & ~finalBit) >>> 0;
  if (sealedBytes < tagBytes || sealedBytes > frameBytes + tagBytes) return undefined;
  return { sealedBytes, isLast: value >= finalBit };
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeBigUInt64BE(BigInt(index), nonceBytes - 8);
  return nonce;
}

function aadOf(about: Uint8Array, index: number, isLast: boolean): Buffer {
  const place = Buffer.alloc(9);
  place.writeBigUInt64BE(BigInt(index));
  place.writeUInt8(isLast ? 1 : 0, 8);
  return Buffer.concat([about, place]);
}
