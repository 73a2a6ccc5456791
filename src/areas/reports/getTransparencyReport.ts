import { ServiceError } from '../../contract/index.ts';
import { defineOwnOperation } from '../../governance/index.ts';

/** Counts what the audit log tells of whole months and signs it. */
export const getTransparencyReport = defineOwnOperation(
  'GetTransparencyReport',
  ['transparency'],
  async ({ from, to }, { transparency }, { signal }) => {
    if (from > to) {
      throw new ServiceError('InvalidParameterException', 'The first month (from) lies after the last (to).');
    }
    return transparency.report({ from, to }, signal);
  },
);
