import { ServiceError } from '../../contract/index.ts';

/** Where a server has its master key from. */
export type MasterKeyOrigin = 'file' | 'environment' | 'command';

/** Tells about the master key and changes it; the key itself is never told. */
export interface MasterKeyDesk {
  /** `masterKeyId` tells two master keys apart and nothing more. */
  status(): { readonly masterKeyId: string; readonly source: MasterKeyOrigin };
  /**
   * Wraps every key of the server under another master key, while it serves.
   *
   * @throws {ServiceError} ResourceNotReadyException when there is no other key to take; says how to give one
   */
  rotate(): { readonly masterKeyId: string; readonly previousMasterKeyId: string };
}

/** @param parts.takeNext wraps the keyring under the next master key; false when its source has none */
export function createMasterKeyDesk(parts: {
  readonly origin: MasterKeyOrigin;
  masterKeyId(): string;
  takeNext(): boolean;
}): MasterKeyDesk {
  const { origin } = parts;
  return {
    status: () => ({ masterKeyId: parts.masterKeyId(), source: origin }),
    rotate() {
      const previousMasterKeyId = parts.masterKeyId();
      if (!parts.takeNext()) throw new ServiceError('ResourceNotReadyException', `${noNext[origin]} ${readMore}`);
      return { masterKeyId: parts.masterKeyId(), previousMasterKeyId };
    },
  };
}

const readMore = 'Read docs/accountability.md#encryption.';

const noNext: Readonly<Record<MasterKeyOrigin, string>> = {
  file: 'No other master key could be made.',
  environment:
    'The master key comes from LIKENESS_MASTER_KEY, which a running server cannot read anew. Start the server again with the new key in LIKENESS_MASTER_KEY and the one in use in LIKENESS_MASTER_KEY_PREVIOUS; afterwards the latter can go.',
  command:
    'LIKENESS_MASTER_KEY_COMMAND prints the master key that is in use. Let it print the new one, then rotate again; keep the old one until that has succeeded.',
};
