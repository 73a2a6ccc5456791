import { readModerationTaxonomy } from '../../shared/moderation-taxonomy.ts';
import type { LabelCoverage } from '../labels/port.ts';
import type { PackStore } from '../packs/index.ts';
import { moderationPack, moderationTold, readModerationClasses } from './pack-classes.ts';
import { moderationVersion } from './version.ts';

/** What people ask moderation for, by the first level of the taxonomy. */
const plainWords: Readonly<Record<string, string>> = {
  Explicit: 'which parts are shown',
  'Non-Explicit Nudity of Intimate parts and Kissing': 'partial nudity in detail, kissing',
};

/**
 * Which labels of moderation can be told: those of the default net, and those of an operator's pack where one is installed.
 * Loads no net.
 *
 * @throws {PackCorruptError | ModelLicenceError | ClassMapError}
 */
export async function moderationCoverage(packs: PackStore): Promise<LabelCoverage[]> {
  const { labels } = readModerationTaxonomy();
  const own = labels.filter((label) => label.covered).map(({ name }) => name);
  const pack = await packs.installed(moderationPack);
  const theirs = pack
    ? moderationTold(readModerationClasses(await packs.load(moderationPack, 'classes.json')))
    : undefined;
  const told = new Set([...own, ...(theirs?.labels ?? [])]);
  const left = labels.filter(({ name }) => !told.has(name));
  const kinds = labels
    .filter(({ level }) => level === 1)
    .flatMap(({ name }) => {
      const below = left.filter((label) => label.name === name || isBelow(label.parent, name));
      return below.length > 0 ? [plainWords[name] ?? name.toLowerCase()] : [];
    });
  const notCovered =
    left.length === 0
      ? 'nothing of the taxonomy'
      : `${left.length} labels of the taxonomy: ${kinds.join(', ')} (docs/moderation.md)`;
  const shared = { operation: 'DetectModerationLabels', notCovered } as const;
  const kept = own.filter((name) => !theirs?.labels.has(name)).sort();
  return [
    { source: 'moderation', version: moderationVersion, labels: kept, ...shared },
    ...(pack && theirs
      ? [{ source: 'moderation-pack', version: pack.version, labels: [...theirs.labels].sort(), ...shared }]
      : []),
  ];

  function isBelow(parent: string, name: string): boolean {
    if (parent === name) return true;
    const above = labels.find((label) => label.name === parent)?.parent;
    return above !== undefined && above !== '' && isBelow(above, name);
  }
}
