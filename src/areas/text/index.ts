export { detectText } from './detectText.ts';
