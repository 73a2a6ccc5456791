import { defineOwnOperation } from '../../governance/index.ts';

/** Erases a subject, or a face that bears no name, with a certificate. */
export const eraseSubject = defineOwnOperation('EraseSubject', ['retention'], async (request, { retention }) => ({
  certificate: await retention.erase(request),
}));
