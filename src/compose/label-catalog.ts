import type { LabelCatalog } from '../governance/index.ts';
import type { ModelStore } from '../vision/models/index.ts';
import type { PackStore } from '../vision/packs/index.ts';

/** Tells which labels the installed sources can return; loads no net. */
export function createLabelCatalog(parts: { readonly models: ModelStore; readonly packs: PackStore }): LabelCatalog {
  return {
    async coverage() {
      // Imported when it is first asked for: the sources bring ONNX Runtime with them, which the server does without.
      const { coveragesOf, labelSources } = await import('../vision/labels/index.ts');
      const { moderationCoverage } = await import('../vision/moderation/coverage.ts');
      const covered = (await coveragesOf(labelSources, parts)).map(({ coverage }) => coverage);
      const moderation = await moderationCoverage(parts.packs);
      return [...covered, ...moderation].map((coverage) => ({ ...coverage, labels: [...coverage.labels] }));
    },
  };
}
