import { defineOwnOperation, purposeNames } from '../../governance/index.ts';

/** Tells the policy in force; the words that declare a refused class stay with the server. */
export const getPolicy = defineOwnOperation('GetPolicy', ['policyInForce'], async (_request, { policyInForce }) => {
  const { policy, defaultPurpose } = policyInForce;
  return {
    version: policy.version,
    digest: policy.digest,
    defaultPurpose,
    purposes: purposeNames.map((name) => {
      const { retentionDays, ...row } = policy.purposes[name];
      return { ...row, ...(retentionDays !== null && { retentionDays }) };
    }),
    refused: policy.refused.map(({ id, rule, readAt }) => ({ id, rule, readAt })),
  };
});
