export { getTransparencyReport } from './getTransparencyReport.ts';
export { signReport } from './signReport.ts';
