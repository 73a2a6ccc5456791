import type { DocumentKind, DocumentView, KeptDocument } from '../../stores/ports/index.ts';
import { documentsIn } from '../document-pages.ts';
import type { PurposeName } from '../policy/index.ts';

/** The name under which documents about a subject and a purpose are found: `subject`. */
export function subjectName(purpose: PurposeName, subject: string): string {
  return JSON.stringify([purpose, subject]);
}

/** Every document that bears a name, however many. */
export function allNamed(documents: DocumentView, kind: DocumentKind, name: string, value: string): KeptDocument[] {
  return [...documentsIn((page) => documents.named(kind, name, value, page))];
}
