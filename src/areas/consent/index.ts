export { getConsent } from './getConsent.ts';
export { grantConsent } from './grantConsent.ts';
export { importConsents } from './importConsents.ts';
export { liftObjection } from './liftObjection.ts';
export { listConsents } from './listConsents.ts';
export { recordObjection } from './recordObjection.ts';
export { withdrawConsent } from './withdrawConsent.ts';
