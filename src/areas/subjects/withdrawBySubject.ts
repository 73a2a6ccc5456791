import { defineOwnOperation } from '../../governance/index.ts';

/** Withdraws the consent of whoever has the token, and erases what was held before it answers. */
export const withdrawBySubject = defineOwnOperation(
  'WithdrawBySubject',
  ['subjectFile'],
  async ({ token }, { subjectFile }) => subjectFile.withdraw(token),
);
