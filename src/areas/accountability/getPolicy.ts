import { defineOwnOperation, purposeNames } from '../../governance/index.ts';

/** Tells the policy in force; the words that declare a refused class stay with the server. */
export const getPolicy = defineOwnOperation('GetPolicy', ['policyInForce'], async (_request, { policyInForce }) => {
  const { policy, defaultPurpose } = policyInForce;
  return {
    version: policy.version,
    digest: policy.digest,
    defaultPurpose,
    purposes: purposeNames.map((name) => {
      const { retention, budget, ...row } = policy.purposes[name];
      const { idleDays, ...days } = retention;
      return {
        ...row,
        retention: { ...days, ...(idleDays !== null && { idleDays }) },
        ...(budget !== null && { budget }),
      };
    }),
    refused: policy.refused.map(({ id, rule, readAt }) => ({ id, rule, readAt })),
  };
});
