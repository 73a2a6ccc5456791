import { exitCodeOf } from './cli/exit-codes.ts';
import { processTerminal } from './cli/output.ts';
import { createProgram } from './cli/program.ts';

/**
 * Runs the command line and sets the process's exit code.
 *
 * @param argv the arguments, without `node` and the script
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram(processTerminal, (exitCode) => {
    process.exitCode = exitCode;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const { name, message } = error as Error;
    processTerminal.note(/Error$|Exception$/.test(name) && name !== 'Error' ? `${name}: ${message}` : message);
    process.exitCode = exitCodeOf(error);
  }
}
