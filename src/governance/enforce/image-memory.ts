import type { Grant } from '../grant.ts';

/** What is remembered of images, by the SHA-256 of their bytes: of one person and one purpose. */
export interface ImageMemory {
  get<Value>(kind: string, sha256: string): Value | undefined;
  /** @param bytes about how much memory the value takes */
  set(kind: string, sha256: string, value: unknown, bytes: number): void;
}

/** Remembers for a while, in memory alone, what was computed of images, so that a search sends each image once. */
export interface ImageMemories {
  /** The part that a grant's person has under its purpose. */
  forGrant(grant: Pick<Grant, 'person' | 'purpose'>): ImageMemory;
}

interface Remembered {
  readonly value: unknown;
  readonly bytes: number;
  usedAtMs: number;
}

/**
 * Makes the memories of a server. What was longest unused goes when the bound is reached, and everything that was not
 * used for a while; nothing is written to disk, and the end of the process ends all.
 *
 * A digest is no secret, so what one person's images are like must not be told to another who knows their digests, nor
 * for another purpose, which may have other rules: each person and purpose has a memory of its own.
 */
export function createImageMemories(parts: {
  readonly maxBytes: number;
  readonly idleMs: number;
  readonly clock: () => number;
}): ImageMemories {
  // A Map keeps the order of insertion: what is used is moved to its end.
  const held = new Map<string, Remembered>();
  let heldBytes = 0;

  const forget = (key: string): void => {
    heldBytes -= held.get(key)?.bytes ?? 0;
    held.delete(key);
  };
  const forgetIdle = (): void => {
    const since = parts.clock() - parts.idleMs;
    for (const [key, { usedAtMs }] of held) {
      if (usedAtMs > since) return;
      forget(key);
    }
  };

  return {
    forGrant({ person, purpose }) {
      const keyOf = (kind: string, sha256: string): string => JSON.stringify([person, purpose, kind, sha256]);
      return {
        get<Value>(kind: string, sha256: string) {
          forgetIdle();
          const key = keyOf(kind, sha256);
          const found = held.get(key);
          if (found === undefined) return undefined;
          found.usedAtMs = parts.clock();
          held.delete(key);
          held.set(key, found);
          return found.value as Value;
        },
        set(kind, sha256, value, bytes) {
          forgetIdle();
          const key = keyOf(kind, sha256);
          forget(key);
          held.set(key, { value, bytes, usedAtMs: parts.clock() });
          heldBytes += bytes;
          for (const oldest of held.keys()) {
            if (heldBytes <= parts.maxBytes) break;
            forget(oldest);
          }
        },
      };
    },
  };
}
