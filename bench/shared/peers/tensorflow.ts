import { createRequire } from 'node:module';
import { join } from 'node:path';
import { peersFolder } from './install.ts';

/** The few of TensorFlow.js' calls that are used here. */
export interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  env(): { getAsync(flag: string): Promise<unknown> };
  tensor(data: Float32Array | Uint8Array, shape: readonly number[], type: 'float32' | 'int32'): Tensor;
  dispose(tensors: unknown): void;
  loadGraphModel(handler: { load: () => Promise<unknown> }): Promise<GraphModel>;
}

/** A tensor of TensorFlow.js. */
export interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}

/** A frozen graph of TensorFlow.js. */
export interface GraphModel {
  readonly inputs: readonly { readonly name: string }[];
  execute(inputs: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Tensor | Tensor[];
}

interface WasmBackend {
  setWasmPaths(folder: string): void;
  getThreadsCount(): number;
}

/** TensorFlow.js on its wasm backend, and what it found on this machine. */
export interface TensorFlowOnWasm {
  readonly tf: TensorFlow;
  readonly simd: boolean;
  /** 1 on Node, where the backend turns threads off itself; browsers that allow it get more. */
  readonly threads: number;
  /** Where its .wasm files are, with a slash at the end. */
  readonly wasmFolder: string;
}

/** Loads a module of the peers' folder by its name, or by its path below node_modules. */
export function requirePeer(name: string): unknown {
  return createRequire(join(peersFolder(), 'package.json'))(name);
}

/**
 * Opens TensorFlow.js as it comes: wasm with SIMD where the machine has it, threads as the backend decides.
 *
 * @throws {Error} when the wasm backend does not start
 */
export async function openTensorFlow(): Promise<TensorFlowOnWasm> {
  const tf = requirePeer('@tensorflow/tfjs') as TensorFlow;
  const wasm = requirePeer('@tensorflow/tfjs-backend-wasm') as WasmBackend;
  const wasmFolder = `${join(peersFolder(), 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist')}/`;
  wasm.setWasmPaths(wasmFolder);
  await tf.setBackend('wasm');
  await tf.ready();
  if (tf.getBackend() !== 'wasm') throw new Error(`TensorFlow.js chose ${tf.getBackend()} over wasm`);
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
  return { tf, simd, threads: wasm.getThreadsCount(), wasmFolder };
}
