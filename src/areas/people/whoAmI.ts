import { defineOwnOperation } from '../../governance/index.ts';

/** Tells who calls. */
export const whoAmI = defineOwnOperation('WhoAmI', ['peopleDesk'], (_request, { peopleDesk }) => peopleDesk.whoAmI());
