export { type MeasureName, measures } from './counted.ts';
export { smallestTold, type ToldCount } from './suppress.ts';
export {
  createTransparencyCount,
  monthPattern,
  signTransparencyReport,
  type TransparencyReport,
} from './transparency.ts';
