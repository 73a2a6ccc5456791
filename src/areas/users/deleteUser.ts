import { defineOperation } from '../../governance/index.ts';

/** Deletes a user; its faces stay, without a user. */
export const deleteUser = defineOperation(
  'DeleteUser',
  ['userWriter', 'idempotency'],
  async (request, { userWriter, idempotency }) =>
    idempotency.once(request.ClientRequestToken, request, async () => {
      await userWriter.deleteUser(request.UserId ?? '');
      return {};
    }),
);
