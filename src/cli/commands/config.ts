import { describeConfig } from '../../config/index.ts';
import { configOf, type GlobalOptions } from '../connect.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Prints every setting, where it comes from and what it does; secrets are masked. */
export function runConfig(flags: GlobalOptions, terminal: Terminal): void {
  const config = configOf(flags);
  const rows = describeConfig(config);
  printResult(terminal, flags.json === true, { settings: rows, warnings: config.warnings }, () =>
    [
      renderTable(rows, [
        { title: 'setting', value: ({ name }) => name },
        { title: 'value', value: ({ value }) => value || '-' },
        { title: 'from', value: ({ source }) => source },
        { title: 'what it does', value: ({ description }) => description },
      ]),
      ...config.warnings.map((warning) => `warning: ${warning}`),
    ].join('\n'),
  );
}
