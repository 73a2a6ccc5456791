import { ServiceError } from '../../contract/index.ts';
import type { RoleName } from '../../shared/role-names.ts';
import type { KeyStore } from '../../stores/ports/index.ts';
import type { BoundDualControl, DualControl, DualOutcome } from '../dual-control/index.ts';
import type { Asking } from './keys.ts';
import type { People } from './people.ts';
import { isSamePerson, type Person, requireNewName, requireRoles } from './person.ts';

/** Persons as an operation has them: acting for the person of its grant. */
export interface PeopleDesk {
  whoAmI(): Promise<{ readonly person: string; readonly roles: readonly RoleName[]; readonly accessKeyId: string }>;
  list(): Promise<readonly Person[]>;
  /** @throws {ServiceError} InvalidParameterException, ResourceAlreadyExistsException */
  add(name: string, roles: readonly string[]): Promise<DualOutcome>;
  /** @throws {ServiceError} InvalidParameterException, ResourceNotFoundException, ConflictException */
  changeRoles(name: string, roles: readonly string[]): Promise<DualOutcome>;
  /** Their keys are revoked with them. @throws {ServiceError} ResourceNotFoundException, ConflictException */
  remove(name: string): Promise<DualOutcome>;
}

/** Parameters of add-person and change-roles. */
interface PersonParameters {
  readonly name: string;
  readonly roles: readonly string[];
}

/** Says how persons are added, changed and removed: by two, once there are two. */
export function registerPeopleActions(
  control: DualControl,
  parts: { readonly people: People; readonly keys: KeyStore; readonly clock: () => number },
): void {
  const { people, keys, clock } = parts;
  const shared = {
    proposers: ['admin'],
    approvers: 'any',
    mayRunAlone: async () => (await people.countActive()) < 2,
  } as const;
  const told = ({ name, roles }: Person) => ({ person: name, roles: roles.join(',') });
  control.register('add-person', {
    ...shared,
    async execute(parameters, by) {
      const { name, roles } = parameters as unknown as PersonParameters;
      return told(await people.add({ name, roles, addedBy: by }));
    },
  });
  control.register('change-roles', {
    ...shared,
    async execute(parameters) {
      const { name, roles } = parameters as unknown as PersonParameters;
      return told(await people.changeRoles(name, roles));
    },
  });
  control.register('remove-person', {
    ...shared,
    async execute(parameters) {
      const { name } = await people.remove((parameters as unknown as PersonParameters).name);
      const theirs = (await keys.list()).filter((key) => isSamePerson(key.person, name));
      for (const { accessKeyId } of theirs) await keys.revoke(accessKeyId, clock());
      return { person: name };
    },
  });
}

/** The persons, for the one who asks. */
export function peopleDeskOf(people: People, control: BoundDualControl, asking: Asking): PeopleDesk {
  const present = async (name: string): Promise<Person> => {
    const person = await people.find(name);
    if (person?.active) return person;
    throw new ServiceError('ResourceNotFoundException', `There is no person '${name}'.`);
  };
  return {
    async whoAmI() {
      const person = await present(asking.person);
      return { person: person.name, roles: person.roles, accessKeyId: asking.accessKeyId };
    },
    list: () => people.list(),
    async add(name, roles) {
      const wanted = { name: requireNewName(name), roles: requireRoles(roles) };
      const before = await people.find(name);
      if (before?.active) {
        throw new ServiceError('ResourceAlreadyExistsException', `There is a person '${before.name}' already.`);
      }
      return control.run('add-person', wanted);
    },
    async changeRoles(name, roles) {
      return control.run('change-roles', { name: (await present(name)).name, roles: requireRoles(roles) });
    },
    async remove(name) {
      return control.run('remove-person', { name: (await present(name)).name });
    },
  };
}
