import type { Command } from 'commander';
import { runTransparencyReport } from '../commands/reports.ts';
import type { Run } from './run.ts';

/** Adds `likeness report`. */
export function addReportCommands(program: Command, run: Run): void {
  const report = program.command('report').description('make reports for the public, signed by the server');
  report
    .command('transparency')
    .description('what was done with the server, by purpose and month, with small counts kept back')
    .option('--from <month>', 'first month, such as 2026-01 (default: eleven months before the last)')
    .option('--to <month>', 'last month, included (default: the present one)')
    .option('--html <file>', 'write it as one page with plots')
    .option('--out <file>', 'write the signed report as JSON')
    .action(run(runTransparencyReport));
}
