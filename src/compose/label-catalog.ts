import type { LabelCatalog } from '../governance/index.ts';
import { readModerationTaxonomy } from '../shared/moderation-taxonomy.ts';
import type { ModelStore } from '../vision/models/index.ts';
import type { PackStore } from '../vision/packs/index.ts';

/** What DetectModerationLabels can tell, of all that Rekognition's taxonomy has. */
function moderation(version: string): Awaited<ReturnType<LabelCatalog['coverage']>>[number] {
  const { labels } = readModerationTaxonomy();
  const missing = labels.filter(({ covered, level }) => !covered && level === 1).map(({ name }) => name);
  return {
    source: 'moderation',
    version,
    operation: 'DetectModerationLabels',
    labels: labels.flatMap(({ name, covered }) => (covered ? [name] : [])).sort(),
    notCovered: `Everything below the first level, and ${missing.join(', ')}.`,
  };
}

/** Tells which labels the installed sources can return; loads no net. */
export function createLabelCatalog(parts: { readonly models: ModelStore; readonly packs: PackStore }): LabelCatalog {
  return {
    async coverage() {
      // Imported when it is first asked for: the sources bring ONNX Runtime with them, which the server does without.
      const { coveragesOf, labelSources } = await import('../vision/labels/index.ts');
      const { moderationVersion } = await import('../vision/moderation/moderation-engine.ts');
      const covered = await coveragesOf(labelSources, parts);
      return [
        ...covered.map(({ coverage }) => ({ ...coverage, labels: [...coverage.labels] })),
        moderation(moderationVersion),
      ];
    },
  };
}
