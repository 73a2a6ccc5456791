import { ServiceError } from '../../contract/index.ts';
import type { KeyStore } from '../../stores/ports/index.ts';
import type { People } from './people.ts';

/** The roles of whoever sets a server up. */
export const firstRoles = ['admin', 'enroller', 'searcher'] as const;

/** The roles of those whose keys are older than persons: what keys allowed then, without the say over others. */
const rolesOfBefore = ['enroller', 'searcher'] as const;

/**
 * Makes the first person, and persons for the keys of a data folder that is older than persons; once in its life.
 *
 * @param parts.first the name of the first person
 * @param parts.notice told of each person that was made for keys of before
 */
export async function foundPersons(parts: {
  readonly people: People;
  readonly keys: Pick<KeyStore, 'list'>;
  readonly first: string;
  readonly notice: (notice: string) => void;
}): Promise<void> {
  const { people, keys, first, notice } = parts;
  if ((await people.find(first)) !== undefined) return;
  const holders = new Set((await keys.list()).map(({ person }) => person));
  for (const name of holders) {
    if (name === first || (await people.find(name)) !== undefined) continue;
    try {
      await people.add({ name, roles: rolesOfBefore, addedBy: [] });
      notice(
        `the keys of '${name}' are older than persons: they are now ${rolesOfBefore.join(' and ')}. ` +
          'Change it with: likeness people change-roles. Read docs/accountability.md#roles.',
      );
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      notice(`the keys of '${name}' serve nobody, for it can be no person's name: ${error.message}`);
    }
  }
  // Last, because it says that this is done.
  await people.add({ name: first, roles: firstRoles, addedBy: [] });
}
