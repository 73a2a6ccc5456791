import { type Area, type OperationRow, operations } from './operations.ts';

/** The areas in the order of the support table, with their headings. */
const areaTitles: Readonly<Record<Area, string>> = {
  faces: 'Faces',
  collections: 'Collections',
  users: 'Users',
  tags: 'Tags',
  labels: 'Labels',
  text: 'Text',
  moderation: 'Moderation',
  celebrities: 'Celebrities',
  equipment: 'Protective equipment',
  video: 'Stored video',
  streams: 'Streams',
  'custom-labels': 'Custom labels',
  liveness: 'Liveness',
  'media-analysis': 'Media analysis',
};

/** README's table of operations, in Markdown, without a trailing newline: one row per area and state. */
export function renderSupportTable(): string {
  const rows: [string, OperationRow][] = Object.entries(operations);
  const built = rows.filter(([, row]) => row.status === 'built').length;
  const lines = Object.entries(areaTitles).flatMap(([area, title]) =>
    (['built', 'absent'] as const).flatMap((status) => {
      const names = rows.filter(([, row]) => row.area === area && row.status === status).map(([name]) => `\`${name}\``);
      return names.length === 0
        ? []
        : [`| ${title} | ${status === 'built' ? 'yes' : 'not yet'} | ${names.join(', ')} |`];
    }),
  );
  return [
    `${built} of the ${rows.length} operations are computed; the others answer \`UnknownOperationException\`.`,
    '',
    '| area | works | operations |',
    '| --- | --- | --- |',
    ...lines,
  ].join('\n');
}
