import type { DocumentChange, DocumentView } from '../../stores/ports/index.ts';
import type { PurposeName } from '../policy/index.ts';
import { allNamed, subjectName } from './names.ts';

/** How a subject said that it objects, or no longer does. */
export interface SubjectStatement {
  readonly method: 'signed-form' | 'in-app' | 'verbal-recorded';
  /** Where that is kept; names nobody. */
  readonly evidence?: string;
  readonly atMs: number;
  /** The person whose key recorded it. */
  readonly by: string;
}

/** A kept objection. It outlasts erasure, so its subject stands in no body: only the keyed hash of its name finds it. */
interface KeptObjection {
  readonly purpose: PurposeName;
  readonly objected: SubjectStatement;
  readonly lifted?: SubjectStatement;
}

/** Keeps that a subject objects, until it takes that back itself. */
export function recordObjection(
  documents: DocumentChange,
  about: { readonly id: string; readonly purpose: PurposeName; readonly subject: string },
  objected: SubjectStatement,
): void {
  const body: KeptObjection = { purpose: about.purpose, objected };
  documents.put('objection', about.id, body, { names: { subject: subjectName(about.purpose, about.subject) } });
}

/** Whether a subject's objection stands. */
export function isObjecting(documents: DocumentView, purpose: PurposeName, subject: string): boolean {
  return standing(documents, purpose, subject).length > 0;
}

/** Lifts the objections of a subject. @returns how many stood */
export function liftObjections(
  documents: DocumentChange,
  purpose: PurposeName,
  subject: string,
  lifted: SubjectStatement,
): number {
  const found = standing(documents, purpose, subject);
  for (const { id, body } of found) {
    documents.put('objection', id, { ...(body as KeptObjection), lifted } satisfies KeptObjection, {
      names: { subject: subjectName(purpose, subject) },
    });
  }
  return found.length;
}

function standing(documents: DocumentView, purpose: PurposeName, subject: string) {
  return allNamed(documents, 'objection', 'subject', subjectName(purpose, subject)).filter(
    ({ body }) => (body as KeptObjection).lifted === undefined,
  );
}
