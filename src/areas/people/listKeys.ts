import { defineOwnOperation } from '../../governance/index.ts';

const limits = (names: readonly string[] | '*') => (names === '*' ? undefined : names);

/** Lists keys without their secrets. */
export const listKeys = defineOwnOperation('ListKeys', ['keyDesk'], async (_request, { keyDesk }) => ({
  keys: (await keyDesk.list()).map((key) => {
    const operations = limits(key.operations);
    const collections = limits(key.collections);
    return {
      accessKeyId: key.accessKeyId,
      person: key.person,
      state: key.state,
      ...(operations && { operations }),
      ...(collections && { collections }),
      purposes: key.purposes,
      created: new Date(key.createdAtMs).toISOString(),
      ...(key.expiresAtMs !== undefined && { expires: new Date(key.expiresAtMs).toISOString() }),
    };
  }),
}));
