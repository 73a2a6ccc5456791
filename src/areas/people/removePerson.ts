import { defineOwnOperation } from '../../governance/index.ts';
import { toldOutcome } from './as-told.ts';

/** Removes a person, or proposes to. */
export const removePerson = defineOwnOperation('RemovePerson', ['peopleDesk'], async ({ name }, { peopleDesk }) =>
  toldOutcome(await peopleDesk.remove(name)),
);
