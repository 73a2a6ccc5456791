import { endianness } from 'node:os';

/** The bytes a template is stored as: float32, little-endian; they are sealed before they are stored. */
export function encodeTemplate(template: Float32Array): Uint8Array {
  const bytes = new Uint8Array(template.byteLength);
  bytes.set(new Uint8Array(template.buffer, template.byteOffset, template.byteLength));
  return endianness() === 'LE' ? bytes : swapped(bytes);
}

/** Reads what {@link encodeTemplate} wrote. */
export function decodeTemplate(stored: Uint8Array): Float32Array {
  // A copy: what is opened may lie anywhere in a larger buffer, where float32 cannot be read.
  const bytes = endianness() === 'LE' ? new Uint8Array(stored) : swapped(stored);
  return new Float32Array(bytes.buffer, 0, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
}

function swapped(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) result[i] = bytes[i ^ 3] ?? 0;
  return result;
}
