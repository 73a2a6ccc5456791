import { defineOwnOperation } from '../../governance/index.ts';

/** Sets a lasting cannot-link in a collection. */
export const setCannotLink = defineOwnOperation('SetCannotLink', ['cannotLinks'], async (request, { cannotLinks }) => ({
  link: await cannotLinks.set(request),
}));
