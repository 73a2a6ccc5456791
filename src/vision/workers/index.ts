export { noVision } from './no-vision.ts';
export { openVisionPool, type VisionPool, type VisionPoolOptions } from './pool.ts';
