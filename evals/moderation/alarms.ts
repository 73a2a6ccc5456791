/** An image that was looked at, with everything that was told of it, however unsurely. */
export interface Looked {
  /** The folder of the data that it lies in. */
  readonly folder: string;
  readonly path: string;
  readonly told: readonly { readonly name: string; readonly confidence: number }[];
}

export const thresholds = [50, 60, 70, 80, 90, 95] as const;

/** How many of some images get a label, by threshold; `any` counts each image once. */
export function alarmsOf(looked: readonly Looked[], name: string | 'any'): number[] {
  return thresholds.map(
    (threshold) =>
      looked.filter(({ told }) =>
        told.some((label) => label.confidence >= threshold && (name === 'any' || label.name === name)),
      ).length,
  );
}

/** The alarms of each folder and label as a table in Markdown. */
export function alarmTable(looked: readonly Looked[]): string {
  const folders = [...new Set(looked.map(({ folder }) => folder))];
  const names = [...new Set(looked.flatMap(({ told }) => told.map(({ name }) => name)))];
  const rows = [...folders, 'all'].flatMap((folder) => {
    const images = folder === 'all' ? looked : looked.filter((image) => image.folder === folder);
    return [...names, 'any'].map((name) => {
      const counts = alarmsOf(images, name);
      return [folder, String(images.length), name, ...counts.map(String)];
    });
  });
  const head = ['images of', 'images', 'label', ...thresholds.map((threshold) => `at ${threshold}`)];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
