import { ServiceError } from '../../contract/index.ts';
import type { RoleName } from '../../shared/role-names.ts';
import type { DocumentChange, DocumentStore, DocumentView } from '../../stores/ports/index.ts';
import { documentsIn } from '../document-pages.ts';
import { type Person, personId, requireName, requireRoles } from './person.ts';

/** What the gate asks about persons. */
export interface RoleBook {
  /** Empty for one who is unknown or was removed: nothing is allowed to them. */
  rolesOf(person: string): Promise<readonly RoleName[]>;
}

/** The persons of this server. What two persons must do together is asked for elsewhere, see {@link DualControl}. */
export interface People extends RoleBook {
  find(name: string): Promise<Person | undefined>;
  /** Removed ones too, in the order of their names as they are compared. */
  list(): Promise<readonly Person[]>;
  countActive(): Promise<number>;
  /**
   * Adds a person, or takes one back who was removed, under the name they had.
   *
   * @throws {ServiceError} InvalidParameterException, ResourceAlreadyExistsException
   */
  add(wanted: { name: string; roles: readonly string[]; addedBy: readonly string[] }): Promise<Person>;
  /** @throws {ServiceError} InvalidParameterException, ResourceNotFoundException; ConflictException for the last admin */
  changeRoles(name: string, roles: readonly string[]): Promise<Person>;
  /** @throws {ServiceError} ResourceNotFoundException; ConflictException for the last admin */
  remove(name: string): Promise<Person>;
}

/**
 * Keeps persons as documents, and in memory, because every call asks for roles. One process owns the documents, so
 * nobody else changes them meanwhile.
 */
export function createPeople(parts: { documents: DocumentStore; clock: () => number }): People {
  const { documents, clock } = parts;
  let known: Promise<ReadonlyMap<string, Person>> | undefined;

  const read = (): Promise<ReadonlyMap<string, Person>> => {
    if (known === undefined) {
      const reading = documents.read(all);
      known = reading;
      reading.catch(() => {
        if (known === reading) known = undefined;
      });
    }
    return known;
  };

  async function change(work: (persons: ReadonlyMap<string, Person>, view: DocumentChange) => Person): Promise<Person> {
    try {
      return await documents.change((view) => {
        const person = work(all(view), view);
        view.put('person', personId(person.name), person);
        return person;
      });
    } finally {
      // After the change, and after one that may or may not have happened.
      known = undefined;
    }
  }

  return {
    async rolesOf(person) {
      const found = (await read()).get(personId(person));
      return found?.active === true ? found.roles : [];
    },
    find: async (name) => (await read()).get(personId(name)),
    list: async () => [...(await read()).values()],
    countActive: async () => [...(await read()).values()].filter(({ active }) => active).length,
    add: (wanted) =>
      change((persons) => {
        const name = requireName(wanted.name);
        const roles = requireRoles(wanted.roles);
        const before = persons.get(personId(name));
        if (before?.active) {
          throw new ServiceError(
            'ResourceAlreadyExistsException',
            `There is a person '${before.name}' already${before.name === name ? '' : `, and '${name}' reads like it`}.`,
          );
        }
        return { name: before?.name ?? name, roles, addedAtMs: clock(), addedBy: wanted.addedBy, active: true };
      }),
    changeRoles: (name, wanted) =>
      change((persons) => {
        const roles = requireRoles(wanted);
        const person = present(persons, name);
        if (!roles.includes('admin')) requireAnotherAdmin(persons, person);
        return { ...person, roles };
      }),
    remove: (name) =>
      change((persons) => {
        const person = present(persons, name);
        requireAnotherAdmin(persons, person);
        return { ...person, active: false };
      }),
  };
}

function all(view: DocumentView): ReadonlyMap<string, Person> {
  const documents = documentsIn((page) => view.list('person', page));
  return new Map([...documents].map(({ id, body }) => [id, body as Person]));
}

function present(persons: ReadonlyMap<string, Person>, name: string): Person {
  const person = persons.get(personId(name));
  if (person?.active) return person;
  throw new ServiceError('ResourceNotFoundException', `There is no person '${name}'.`);
}

function requireAnotherAdmin(persons: ReadonlyMap<string, Person>, leaving: Person): void {
  const others = [...persons.values()].filter(({ active, name, roles }) => {
    return active && roles.includes('admin') && name !== leaving.name;
  });
  if (!leaving.roles.includes('admin') || others.length > 0) return;
  throw new ServiceError(
    'ConflictException',
    `${leaving.name} is the last admin. Make another person admin first. Read docs/accountability.md#roles.`,
  );
}
