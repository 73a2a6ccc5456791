/** The part of WebAssembly that is used here; Node.js has it, its types leave it to browsers'. */
declare global {
  namespace WebAssembly {
    interface Memory {
      readonly buffer: SharedArrayBuffer;
      /** @returns the pages there were before @throws {RangeError} */
      grow(pages: number): number;
    }
    const Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => Memory;
    interface Module {
      readonly [Symbol.toStringTag]: string;
    }
    const Module: new (bytes: Uint8Array) => Module;
    interface Instance {
      readonly exports: Readonly<Record<string, unknown>>;
    }
    const Instance: new (
      module: Module,
      imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
    ) => Instance;
  }
}

export type SharedMemory = WebAssembly.Memory;
