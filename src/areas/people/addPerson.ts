import { defineOwnOperation } from '../../governance/index.ts';
import { toldOutcome } from './as-told.ts';

/** Adds a person, or proposes to. */
export const addPerson = defineOwnOperation('AddPerson', ['peopleDesk'], async ({ name, roles }, { peopleDesk }) =>
  toldOutcome(await peopleDesk.add(name, roles)),
);
