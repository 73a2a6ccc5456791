import type { Terminal } from '../output.ts';

/** Makes an action of commander from a command: with its own and the global options together, and the terminal. */
export type Run = <Args extends unknown[]>(
  action: (...args: [...Args, never, Terminal]) => unknown,
) => (...given: unknown[]) => Promise<void>;
