import openWabt from 'wabt';
import type { SharedMemory } from '../../src/stores/vectors/codes/web-assembly.ts';

/** Assembles WebAssembly's text form. */
export async function assemble(name: string, source: string): Promise<Uint8Array> {
  const wabt = await openWabt();
  const module = wabt.parseWat(name, source, { simd: true, threads: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** A module over a memory that threads share, which it imports as `env.memory`. */
export function instantiate<Exports>(bytes: Uint8Array, memory: SharedMemory): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Exports;
}

/** Memory that threads share. @throws {RangeError} when the system has no more */
export function sharedMemory(bytes: number): SharedMemory {
  const pages = Math.ceil(bytes / 65_536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
