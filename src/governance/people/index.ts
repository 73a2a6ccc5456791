export { type PeopleDesk, peopleDeskOf, registerPeopleActions } from './desk.ts';
export { firstRoles, foundPersons } from './found-persons.ts';
export {
  type Asking,
  type KeyDesk,
  type KeyParts,
  keyDeskOf,
  type ListedKey,
  type MakeKey,
  registerKeyActions,
  type WantedKey,
} from './keys.ts';
export { createPeople, type People, type RoleBook } from './people.ts';
export { isSamePerson, type Person, personId, requireName, requireRoles } from './person.ts';
