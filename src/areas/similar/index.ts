export { rankSimilarImages } from './rankSimilarImages.ts';
