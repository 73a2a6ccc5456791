export { firstRoles, foundPersons } from './found-persons.ts';
export { createPeople, type People, type RoleBook } from './people.ts';
export { isSamePerson, type Person, personId, requireName, requireRoles } from './person.ts';
