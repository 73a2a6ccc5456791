import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the persons of this server, removed ones too. */
export const listPersons = defineOwnOperation('ListPersons', ['peopleDesk'], async (_request, { peopleDesk }) => ({
  persons: (await peopleDesk.list()).map(({ name, roles, addedAtMs, addedBy, active }) => ({
    name,
    roles,
    added: new Date(addedAtMs).toISOString(),
    addedBy,
    active,
  })),
}));
