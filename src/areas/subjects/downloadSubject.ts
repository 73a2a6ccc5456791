import { defineOwnOperation } from '../../governance/index.ts';

/** Gives out all that is held of whoever has the token, but for templates. */
export const downloadSubject = defineOwnOperation(
  'DownloadSubject',
  ['subjectFile'],
  async ({ token }, { subjectFile }) => subjectFile.download(token),
);
