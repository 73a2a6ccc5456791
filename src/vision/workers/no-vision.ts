import { VisionFailedError } from '../errors.ts';
import type { VisionPool } from './pool.ts';

/** A pool without workers, for processes that look at no image: it is ready at once and refuses every image. */
export function noVision(): VisionPool {
  const refuse = async (): Promise<never> => {
    throw new VisionFailedError('this process was started without models');
  };
  return {
    detect: refuse,
    embed: refuse,
    crop: refuse,
    findEquipment: refuse,
    moderate: refuse,
    detectLabels: refuse,
    findText: refuse,
    readLines: refuse,
    visualFeature: refuse,
    ready: async () => {},
    stats: () => ({ workers: 0, busy: 0, waiting: 0, replaced: 0 }),
    pids: () => [],
    close: async () => {},
  };
}
