/** Where commands write: standard output for results, standard error for everything else. */
export interface Terminal {
  print(text: string): void;
  note(text: string): void;
  /** True when a person looks at standard error, so that progress bars make sense. */
  readonly interactive: boolean;
  readonly columns: number;
}

/** The process's own terminal. */
export const processTerminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  interactive: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 120,
};

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | undefined;
  readonly align?: 'left' | 'right';
}

/** Renders rows as aligned columns under a line of titles; an empty list says so. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty = 'none'): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => columns.map((column) => String(column.value(row) ?? '-')));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const line = (values: readonly string[]) =>
    values
      .map((value, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.align === 'right' ? value.padStart(width) : value.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title.toUpperCase())), ...cells.map(line)].join('\n');
}

/** Prints a result as JSON for programs or as text for people. */
export function printResult(terminal: Terminal, json: boolean, value: unknown, text: () => string): void {
  terminal.print(json ? JSON.stringify(value, withoutBytes, 2) : text());
}

/** Bytes are written as their length: images do not belong into a terminal. */
function withoutBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}
