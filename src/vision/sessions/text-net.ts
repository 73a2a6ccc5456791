import { Tensor } from 'onnxruntime-node';
import type { NetOutput } from './net.ts';
import { openSession } from './runtime.ts';

/** A loaded net with one input of token ids. */
export interface TextNet {
  /**
   * Runs the net once.
   *
   * @param ids `[N, length]`, padded
   * @returns the float32 outputs by name
   */
  run(ids: BigInt64Array, dims: readonly [number, number]): Promise<Readonly<Record<string, NetOutput>>>;
  /** Frees the net; it can't be run afterwards. */
  close(): Promise<void>;
}

/**
 * Opens an ONNX file that reads texts, on every core: it runs in a command, with nothing beside it.
 *
 * @throws {Error} ONNX Runtime's own error when the file isn't a model it can run
 */
export async function openTextNet(model: Uint8Array): Promise<TextNet> {
  const session = await openSession(model, { graphOptimizationLevel: 'all', logSeverityLevel: 3 });
  const inputName = session.inputNames[0] ?? 'input_ids';
  return {
    async run(ids, dims) {
      const results = await session.run({ [inputName]: new Tensor('int64', ids, [...dims]) });
      const outputs: Record<string, NetOutput> = {};
      for (const [name, value] of Object.entries(results)) {
        if (value.data instanceof Float32Array) outputs[name] = { data: value.data, dims: value.dims };
      }
      return outputs;
    },
    close: () => session.release(),
  };
}
