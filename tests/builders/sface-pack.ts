import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SFACE_FILE } from '../../src/vision/embed/sface.ts';
import { sha256 } from '../../src/vision/models/digest.ts';
import { createOnnxGraph } from '../../src/vision/models/onnx-writer.ts';
import { openPackInstaller, type PackManifest, readPackManifest } from '../../src/vision/packs/index.ts';

/** How many squares the tiny net sees of each channel, and the side of one. */
export const SQUARES = 7;
const SIDE = 16;

/**
 * A net of SFace's signature, tiny: the means of 49 squares of the first two channels, and of 30 of the third, minus
 * 100, so that it matters in which order and range channels come.
 */
export function tinySface(): Uint8Array {
  const graph = createOnnxGraph('tiny sface');
  const data = graph.input('data', [1, 3, 112, 112]);
  const pooled = graph.node('AveragePool', [data], { kernel_shape: [SIDE, SIDE], strides: [SIDE, SIDE] });
  const flat = graph.node('Reshape', [pooled, graph.ints([1, 3 * SQUARES ** 2])]);
  const inputs = 3 * SQUARES ** 2;
  const first = Float32Array.from({ length: inputs * 128 }, (_, i) => (Math.floor(i / 128) === i % 128 ? 1 : 0));
  const taken = graph.node('MatMul', [flat, graph.floats(first, [inputs, 128])]);
  graph.node('Sub', [taken, graph.scalar(100)], {}, 'fc1');
  graph.output('fc1', [1, 128]);
  return graph.serialise();
}

/** Installs the tiny net as the pack `sface` in a models folder. @returns a manifest that pins it */
export async function installTinySface(modelsDir: string): Promise<PackManifest> {
  const net = tinySface();
  const manifest: PackManifest = {
    packs: readPackManifest().packs.map((entry) =>
      entry.id === 'sface'
        ? { ...entry, files: entry.files.map((file) => ({ ...file, bytes: net.length, sha256: sha256(net) })) }
        : entry,
    ),
  };
  const from = join(modelsDir, 'brought');
  mkdirSync(from, { recursive: true });
  writeFileSync(join(from, SFACE_FILE), net);
  await openPackInstaller({ modelsDir, manifest }).install('sface', { accept: () => true, from });
  return manifest;
}
