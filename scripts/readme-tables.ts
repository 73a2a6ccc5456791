import { renderSupportTable } from '../src/contract/index.ts';
import { profiles, readCalibration } from '../src/vision/index.ts';
import { readManifest } from '../src/vision/models/index.ts';
import { calibrationRows } from '../src/vision/recipe/index.ts';

/** README's generated sections, by the name in their markers `<!-- name:begin -->` and `<!-- name:end -->`. */
export const readmeSections: Readonly<Record<string, () => string>> = {
  operations: renderSupportTable,
  calibration: renderCalibrations,
  models: renderModels,
};

/**
 * README's text with every generated section made anew.
 *
 * @throws {RangeError} naming the markers that are missing
 */
export function withGeneratedSections(readme: string): string {
  return Object.entries(readmeSections).reduce((text, [name, render]) => {
    const begin = `<!-- ${name}:begin -->`;
    const end = `<!-- ${name}:end -->`;
    const start = text.indexOf(begin);
    const stop = text.indexOf(end);
    if (start < 0 || stop < start) throw new RangeError(`README.md lacks ${begin} and ${end}`);
    return `${text.slice(0, start + begin.length)}\n${render()}\n${text.slice(stop)}`;
  }, readme);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What a similarity means, for both profiles side by side. */
function renderCalibrations(): string {
  const [accurate, fast] = [profiles.accurate, profiles.fast].map(({ modelVersion }) =>
    calibrationRows(readCalibration(modelVersion)),
  );
  const missed = (rate: number | undefined) => (rate === undefined ? '-' : `${(100 * rate).toFixed(1)} %`);
  return table(
    ['similarity', 'false matches', 'missed by `accurate`', 'missed by `fast`', 'basis'],
    (accurate ?? []).map((row) => [
      String(row.similarity),
      `1 in ${Math.round(1 / row.falseMatchRate).toLocaleString('en')}`,
      missed(row.missedMatchRate),
      missed(fast?.find(({ similarity }) => similarity === row.similarity)?.missedMatchRate),
      row.basis,
    ]),
  );
}

/** The models that are fetched at the first start, and what the project learned itself. */
function renderModels(): string {
  const { models, learned, packages } = readManifest();
  return table(
    ['model', 'for', 'from', 'licence'],
    [
      ...models.map((model) => [
        model.id,
        model.purpose,
        `\`${model.package}@${packages[model.package]?.version}\``,
        model.licence,
      ]),
      ...learned.map((entry) => [entry.id, entry.purpose, `\`data/${entry.file}\``, entry.licence]),
    ],
  );
}
