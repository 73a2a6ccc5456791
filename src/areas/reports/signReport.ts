import { defineOwnOperation } from '../../governance/index.ts';

/** Signs a bias report; what it was measured on stays the evaluator's word. */
export const signReport = defineOwnOperation('SignReport', ['reportSigner'], async ({ report }, { reportSigner }) =>
  reportSigner.sign(report),
);
