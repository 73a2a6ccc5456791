export { signReport } from './signReport.ts';
