import type { DocumentPage, DocumentStore, DocumentView, KeptDocument } from '../stores/ports/index.ts';

/** Documents that are opened at a time; each costs the opening of a seal. */
const pageSize = 500;

/** All documents of a listing in one view, in the order of their ids. */
export function* documentsIn(list: (page: DocumentPage) => readonly KeptDocument[]): Iterable<KeptDocument> {
  for (let afterId: string | undefined = ''; afterId !== undefined; ) {
    const page = list({ afterId, limit: pageSize });
    yield* page;
    afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
  }
}

/** All documents of a listing, a page to a read: what changes meanwhile is seen where it lies further on. */
export async function* documentsOf(
  documents: Pick<DocumentStore, 'read'>,
  list: (view: DocumentView, page: DocumentPage) => readonly KeptDocument[],
): AsyncIterable<KeptDocument> {
  for (let afterId: string | undefined = ''; afterId !== undefined; ) {
    const from: string = afterId;
    const page = await documents.read((view) => list(view, { afterId: from, limit: pageSize }));
    yield* page;
    afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
  }
}
