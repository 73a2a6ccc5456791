import { connect, type GlobalOptions } from '../connect.ts';
import { printResult, type Terminal } from '../output.ts';

/** Prints which labels the installed models can return, by source. */
export async function runListLabels(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const { sources } = await own('ListLabels', {});
    printResult(terminal, flags.json === true, sources, () =>
      sources
        .map(
          ({ source, version, operation, labels, notCovered }) =>
            `${source} ${version}, ${operation}: ${labels.length} labels\n${wrap(labels.join(', '), terminal.columns)}\n` +
            `not covered: ${notCovered}`,
        )
        .join('\n\n'),
    );
  } finally {
    await close();
  }
}

/** Breaks a list at spaces, so that no line is longer than the terminal is wide. */
function wrap(text: string, columns: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length + 1 > columns - 2) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `  ${line}`).join('\n');
}
