export { openVisionPool, type VisionPool, type VisionPoolOptions } from './pool.ts';
