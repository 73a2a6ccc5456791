import type { Eraser } from '../governance/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { signDocument } from '../shared/signing.ts';
import type { CollectionStore } from '../stores/ports/index.ts';

const pageSize = 200;

/** Erases a subject's faces, users and keys from the collections and vouches for that alone. */
export function storeEraser(parts: {
  readonly collections: CollectionStore;
  readonly keyring: Keyring;
  readonly policyDigest: string;
  readonly clock: () => number;
  readonly ids: () => string;
}): Eraser {
  const { collections, keyring } = parts;
  return {
    async eraseSubject({ subject, purpose, reason }) {
      const erased = { faces: 0, users: 0, keys: 0 };
      for (let afterId: string | undefined = ''; afterId !== undefined; ) {
        const page: Awaited<ReturnType<CollectionStore['listCollections']>> = await collections.listCollections({
          afterId,
          limit: pageSize,
        });
        for (const record of page) {
          if (purpose !== undefined && record.purpose !== purpose) continue;
          const gone = await collections.eraseSubject(record.id, subject);
          erased.faces += gone.faces;
          erased.users += gone.users;
          erased.keys += gone.keys;
        }
        afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
      }
      return signDocument(keyring.signer, {
        certificateId: parts.ids(),
        at: new Date(parts.clock()).toISOString(),
        reason,
        ...(purpose !== undefined && { purpose }),
        subjectHash: keyring.mac('tombstones', JSON.stringify([purpose ?? '*', subject])).toString('hex'),
        counts: Object.fromEntries(Object.entries(erased).map(([kind, before]) => [kind, { before, after: 0 }])),
        collections: {},
        policyDigest: parts.policyDigest,
        backups: [],
        statement: 'Faces, users and data keys of the subject were erased from the collections.',
      });
    },
  };
}
