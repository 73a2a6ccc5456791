import { defineOwnOperation } from '../../governance/index.ts';

/** Tells what is held of whoever has the token. */
export const showSubject = defineOwnOperation('ShowSubject', ['subjectFile'], async ({ token }, { subjectFile }) =>
  subjectFile.show(token),
);
