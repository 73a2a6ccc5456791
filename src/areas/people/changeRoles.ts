import { defineOwnOperation } from '../../governance/index.ts';
import { toldOutcome } from './as-told.ts';

/** Replaces a person's roles, or proposes to. */
export const changeRoles = defineOwnOperation('ChangeRoles', ['peopleDesk'], async ({ name, roles }, { peopleDesk }) =>
  toldOutcome(await peopleDesk.changeRoles(name, roles)),
);
