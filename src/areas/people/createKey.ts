import { defineOwnOperation } from '../../governance/index.ts';
import { toldOutcome } from './as-told.ts';

/** Makes a key of the caller's own, or proposes one for another person; the secret is answered once. */
export const createKey = defineOwnOperation('CreateKey', ['keyDesk'], async (request, { keyDesk }) =>
  toldOutcome(await keyDesk.create(request)),
);
