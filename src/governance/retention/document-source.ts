import type { DocumentKind, DocumentStore, KeptDocument } from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import { belongsTo, type ErasureSource, type ErasureTarget, type HeldThing } from './erasure-source.ts';

/** A kind of document that is about people. */
export interface DocumentSourceParts {
  readonly documents: DocumentStore;
  readonly kind: DocumentKind;
  /** In the plural, as certificates count it: `crops`. */
  readonly name: string;
  /** In the singular, as the orphan scan says it: `crop`. */
  readonly what: string;
  /** Whom a document is about; none for one that is about nobody any more. */
  heldIn(document: KeptDocument): readonly Omit<HeldThing, 'what'>[];
  /**
   * Narrows the search where the documents are indexed by what a target names, such as `['subject', ...]`; undefined
   * looks through all of them. A document that it misses is not erased.
   */
  index?(target: ErasureTarget): readonly { readonly name: string; readonly value: string }[] | undefined;
  /** What is left of a document; undefined, or absent: nothing. */
  reduce?(document: KeptDocument, target: ErasureTarget): ReducedDocument | undefined;
}

/** A document after someone was taken out of it, with what it is found under from now on. */
export interface ReducedDocument {
  readonly body: unknown;
  readonly names?: Readonly<Record<string, string>>;
  readonly dueAtMs?: number;
}

/** Documents of a kind as something that erasure reaches. */
export function documentSource(parts: DocumentSourceParts): ErasureSource {
  const { documents, kind, name, what, heldIn } = parts;

  const all = (): AsyncIterable<KeptDocument> => documentsOf(documents, (view, page) => view.list(kind, page));
  async function* candidates(target: ErasureTarget): AsyncIterable<KeptDocument> {
    const names = parts.index?.(target);
    if (names === undefined) {
      yield* all();
      return;
    }
    const seen = new Set<string>();
    for (const { name: under, value } of names) {
      for await (const document of documentsOf(documents, (view, page) => view.named(kind, under, value, page))) {
        if (!seen.has(document.id)) yield document;
        seen.add(document.id);
      }
    }
  }
  async function matching(target: ErasureTarget): Promise<readonly KeptDocument[]> {
    const found: KeptDocument[] = [];
    for await (const document of candidates(target)) {
      if (heldIn(document).some((held) => belongsTo(held, target))) found.push(document);
    }
    return found;
  }

  return {
    name,
    async count(target) {
      return [{ kind: name, count: (await matching(target)).length }];
    },
    async erase(target) {
      const found = await matching(target);
      if (found.length === 0) return;
      await documents.change((change) => {
        for (const { id } of found) {
          // Read again: it may have changed since it was found.
          const document = change.get(kind, id);
          if (document === undefined) continue;
          const reduced = parts.reduce?.(document, target);
          if (reduced === undefined) change.remove(kind, id);
          else {
            const { body, ...meta } = reduced;
            change.put(kind, id, body, meta);
          }
        }
      });
      await documents.scrub();
    },
    async *held() {
      for await (const document of all()) {
        for (const held of heldIn(document)) yield { what, ...held };
      }
    },
  };
}
