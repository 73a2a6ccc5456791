import { crc32 } from 'node:zlib';

/**
 * CRC-32 of a row's columns and bytes, kept beside them: SQLite does not notice a bit flipped inside a cell. It
 * guards against decay, not against an attacker, who could compute it too.
 *
 * @returns 0..2^32-1
 */
export function rowChecksum(columns: readonly (string | number | null)[], bytes?: Uint8Array): number {
  const ofColumns = crc32(JSON.stringify(columns));
  return bytes === undefined ? ofColumns : crc32(bytes, ofColumns);
}

/**
 * The sum of many rows' checksums modulo 2^32, which tells that a row went missing or an older page came back.
 * A sum, not an exclusive or: CRCs are linear, so the same change in two rows would cancel out.
 */
export function addChecksum(sum: number, checksum: number): number {
  return (sum + checksum) % 2 ** 32;
}

/** Undoes {@link addChecksum}. */
export function subtractChecksum(sum: number, checksum: number): number {
  return (sum - checksum + 2 ** 32) % 2 ** 32;
}
