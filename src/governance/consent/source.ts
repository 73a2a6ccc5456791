import type { Signer } from '../../shared/signing.ts';
import type { DocumentStore } from '../../stores/ports/index.ts';
import type { ErasureSource } from '../retention/erasure-source.ts';
import { heldReceipts, keptOf, putReceipt } from './kept.ts';
import { endReceipt, reduceReceipt } from './receipt.ts';

const pageSize = 200;

/**
 * Receipts as something that erasure reaches: they end and lose their names, and what is left proves that they were.
 * So a receipt that a restored backup brings back no longer counts once the tombstones are replayed.
 */
export function receiptSource(parts: {
  readonly documents: DocumentStore;
  readonly signer: Signer;
  readonly clock: () => number;
}): ErasureSource {
  const { documents, signer, clock } = parts;
  return {
    name: 'receipts',
    async count(target) {
      // A receipt is for a purpose, not for a collection; one that goes says nothing of the consent.
      if (target.kind !== 'subject' || target.collectionId !== undefined) return [];
      const count = await documents.read((view) => heldReceipts(view, target).length);
      return [{ kind: 'receipts', count }];
    },
    async erase(target) {
      if (target.kind !== 'subject' || target.collectionId !== undefined) return;
      const erased = await documents.change((change) => {
        const held = heldReceipts(change, target);
        for (const kept of held) {
          const end = { state: 'erased', atMs: clock(), by: 'likeness' } as const;
          putReceipt(change, reduceReceipt(endReceipt(kept, end, signer)));
        }
        return held.length;
      });
      if (erased > 0) await documents.scrub();
    },
    async *held() {
      for (let afterId: string | undefined = ''; afterId !== undefined; ) {
        const from: string = afterId;
        const page = await documents.read((view) => view.list('receipt', { afterId: from, limit: pageSize }));
        for (const { purpose, held } of page.map(keptOf)) {
          if (held === undefined) continue;
          const storedAtMs = Date.parse(held.receipt.event.recorded_at);
          yield { what: 'receipt', purpose, subject: held.subject, storedAtMs };
        }
        afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
      }
    },
  };
}
