import { openEquipmentEngine } from './equipment/equipment-engine.ts';
import { type EngineSettings, type FaceEngine, openFaceEngine } from './face-engine.ts';
import { createLabelEngine } from './labels/label-engine.ts';
import { openModelStore } from './models/index.ts';
import { openModerationEngine } from './moderation/moderation-engine.ts';
import { onDemand } from './on-demand.ts';
import { openPackStore } from './packs/index.ts';
import { openVisualEngine } from './similar/visual-engine.ts';
import { createTextEngine } from './text/text-engine.ts';
import type { TaskEngine } from './workers/serve-tasks.ts';

/** Everything that a worker process can do: the engines of vision behind one table of tasks. */
export interface Engines extends TaskEngine {
  /** Frees the nets of every engine that was opened. */
  close(): Promise<void>;
}

/**
 * Opens what a worker process runs. The nets of faces are loaded at once, so that a worker that says it is ready
 * answers its first search in time; every other engine is loaded by the first task that asks for it.
 *
 * @throws {UnknownModelError | ModelLicenceError | ModelMissingError | ModelCorruptError | ProbesCorruptError}
 */
export async function openEngines(settings: EngineSettings): Promise<Engines> {
  const faces: FaceEngine = await openFaceEngine(settings);
  const { modelsDir, deployment, limits, packs: startedWith } = settings;
  const models = openModelStore({ modelsDir, ...(deployment && { deployment }) });
  const packs = openPackStore({ modelsDir, startedWith, ...(deployment && { deployment }) });
  const labels = onDemand(async () => createLabelEngine({ models, packs, faces, ...(limits && { limits }) }));
  const moderation = onDemand(() => openModerationEngine({ models, packs, ...(limits && { limits }) }));
  const visual = onDemand(() => openVisualEngine({ models, packs, faces, ...(limits && { limits }) }));
  const text = onDemand(() => createTextEngine({ models, ...(limits && { limits }) }));
  const equipment = onDemand(() => openEquipmentEngine({ packs, ...(limits && { limits }) }));
  return {
    detect: faces.detect,
    embed: faces.embed,
    crop: faces.crop,
    labels: async (image, options, signal) => (await labels.get()).detectLabels(image, options, signal),
    moderate: async (image, _options, signal) => (await moderation.get()).moderate(image, signal),
    findText: async (image, options, signal) => (await text.get()).findText(image, options, signal),
    readLines: async (lines, _options, signal) => (await text.get()).readLines(lines, signal),
    visualFeature: async (image, _options, signal) => (await visual.get()).visualFeature(image, signal),
    findEquipment: async (image, _options, signal) => (await equipment.get()).findEquipment(image, signal),
    close: async () => {
      await Promise.all([
        faces.close(),
        equipment.close(),
        moderation.close(),
        labels.close(),
        text.close(),
        visual.close(),
      ]);
    },
  };
}
