import { defineOwnOperation } from '../../governance/index.ts';

/** Lifts a cannot-link that another person set. */
export const removeCannotLink = defineOwnOperation(
  'RemoveCannotLink',
  ['cannotLinks'],
  async ({ linkId, reason }, { cannotLinks }) => {
    await cannotLinks.remove(linkId, reason);
    return { linkId };
  },
);
