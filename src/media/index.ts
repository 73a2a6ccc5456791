export { type CutOutOptions, cutOut } from './crop.ts';
export { type DecodeOptions, decodeImage, type ImageHeader, inspectImage, type PixelImage } from './decode.ts';
export { ImageError, type ImageFault } from './errors.ts';
export type { ImageFormat } from './formats.ts';
export { defaultImageLimits, type ImageLimits, limitsWith, type SideLimits } from './limits.ts';
export { decodeRegion, type PixelRegion } from './region.ts';
