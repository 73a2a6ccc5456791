import type { PrepareStep } from '../packs/prepare-step.ts';

/** Of the steps below: a new one makes packs that are installed be tried again. */
const VERSION = 'try-model 1';

/** A picture of one grey, to run a model once with. */
const grey = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(127) };

/**
 * Tries an operator's model of moderation when it is pulled: that its class map can be read and fits what the model gives. It
 * makes nothing.
 */
export const moderationTrial: PrepareStep = {
  title: 'Trying the model with its class map',
  dependsOn: () => VERSION,
  async run({ load }) {
    const [{ pyramidOf }, { openModerationModel }] = await Promise.all([
      import('../align/raster.ts'),
      import('../moderation/pack.ts'),
    ]);
    const model = await openModerationModel(await load('moderation.onnx'), await load('classes.json'));
    try {
      await model.look(pyramidOf(grey));
    } finally {
      await model.close();
    }
    return new Map();
  },
};

/** The same for an operator's model of protective equipment. */
export const equipmentTrial: PrepareStep = {
  title: 'Trying the model with its class map',
  dependsOn: () => VERSION,
  async run({ load }) {
    const [{ pyramidOf }, { openEquipmentModel }] = await Promise.all([
      import('../align/raster.ts'),
      import('../equipment/equipment-model.ts'),
    ]);
    const model = await openEquipmentModel(await load('equipment.onnx'), await load('classes.json'));
    try {
      await model.look(pyramidOf(grey));
    } finally {
      await model.close();
    }
    return new Map();
  },
};
