import { defineOperation } from '../../governance/index.ts';

/** Makes a user without faces in a collection. */
export const createUser = defineOperation(
  'CreateUser',
  ['userWriter', 'idempotency'],
  async (request, { userWriter, idempotency }) =>
    idempotency.once(request.ClientRequestToken, request, async () => {
      await userWriter.createUser(request.UserId ?? '');
      return {};
    }),
);
