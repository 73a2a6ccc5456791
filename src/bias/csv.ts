/** A file that cannot be used; the message names the line and says what to write. */
export class LabelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LabelError';
  }
}

/** A line of a CSV file by its header's names. */
export interface CsvRow {
  /** From 1, the header's. */
  readonly line: number;
  readonly value: (column: string) => string | undefined;
}

/**
 * Reads comma-separated values with a header: quotes as RFC 4180 says, spaces around values dropped, empty lines passed
 * over, names of columns in any case.
 *
 * @param what names the file in messages
 * @throws {LabelError} when a column that is needed is missing, a line has too many values or a quote does not end
 */
export function readCsv(text: string, needed: readonly string[], what: string): readonly CsvRow[] {
  const lines = linesOf(text.replace(/^\uFEFF/, ''), what);
  const [header, ...rows] = lines;
  const columns = (header?.values ?? []).map((name) => name.trim().toLowerCase());
  const missing = needed.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new LabelError(`${what} lacks the column ${missing.join(', ')}; its first line must be: ${needed.join(',')}`);
  }
  return rows.map(({ line, values }) => {
    if (values.length > columns.length) {
      throw new LabelError(`${what}, line ${line}: ${values.length} values, but the header names ${columns.length}`);
    }
    return { line, value: (column) => values[columns.indexOf(column)]?.trim() || undefined };
  });
}

function linesOf(text: string, what: string): { line: number; values: string[] }[] {
  const lines: { line: number; values: string[] }[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const startLine = line;
    const values: string[] = [];
    let ended = false;
    while (!ended) {
      const field = fieldAt(text, at);
      if (field === undefined) throw new LabelError(`${what}, line ${startLine}: a quote that does not end`);
      values.push(field.value);
      line += field.lineBreaks;
      at = field.end + 1;
      ended = text[field.end] !== ',';
    }
    line += 1;
    if (values.some((value) => value.trim() !== '')) lines.push({ line: startLine, values });
  }
  return lines;
}

/** The field that begins here; `end` is the place of the comma or line feed behind it. */
function fieldAt(text: string, start: number): { value: string; end: number; lineBreaks: number } | undefined {
  if (text[start] === '"') {
    const quoted = /"((?:[^"]|"")*)"[^,\n]*/y;
    quoted.lastIndex = start;
    const [whole, inside = ''] = quoted.exec(text) ?? [];
    if (whole === undefined) return undefined;
    return {
      value: inside.replaceAll('""', '"'),
      end: start + whole.length,
      lineBreaks: inside.split('\n').length - 1,
    };
  }
  const ends = [text.indexOf(',', start), text.indexOf('\n', start)].filter((end) => end !== -1);
  const end = ends.length === 0 ? text.length : Math.min(...ends);
  return { value: text.slice(start, end), end, lineBreaks: 0 };
}
