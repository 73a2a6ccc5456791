import type { DocumentKind, DocumentView, KeptDocument } from '../../stores/ports/index.ts';
import type { PurposeName } from '../policy/index.ts';

/** The name under which documents about a subject and a purpose are found: `subject`. */
export function subjectName(purpose: PurposeName, subject: string): string {
  return JSON.stringify([purpose, subject]);
}

const pageSize = 200;

/** Every document that bears a name, however many. */
export function allNamed(documents: DocumentView, kind: DocumentKind, name: string, value: string): KeptDocument[] {
  const found: KeptDocument[] = [];
  for (;;) {
    const afterId = found.at(-1)?.id;
    const page = documents.named(kind, name, value, { limit: pageSize, ...(afterId !== undefined && { afterId }) });
    found.push(...page);
    if (page.length < pageSize) return found;
  }
}
