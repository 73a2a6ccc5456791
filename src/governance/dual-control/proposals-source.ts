import type { DocumentStore } from '../../stores/ports/index.ts';
import { documentSource, type ErasureSource } from '../retention/index.ts';
import type { Proposal } from './dual-control.ts';

/** What two persons decided about a subject, such as a legal hold, names the subject: it goes when the subject does. */
export function proposalsSource(documents: DocumentStore): ErasureSource {
  return documentSource({
    documents,
    kind: 'proposal',
    name: 'proposals',
    what: 'proposal',
    heldIn({ body }) {
      const { parameters, atMs } = body as Proposal;
      const { subject, purpose } = parameters;
      if (typeof subject !== 'string') return [];
      return [{ subject, storedAtMs: atMs, ...(typeof purpose === 'string' && { purpose }) }];
    },
  });
}
