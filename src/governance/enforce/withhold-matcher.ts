import type { FaceMatcher } from '../capabilities.ts';
import { mostCandidates, type NewCandidate } from '../review/case.ts';
import type { ProbeSource } from './probe-sheet.ts';
import { type CallSheets, cropOfProbe, endsOfProbe, type ReviewGrant, type WithholdingParts } from './withholding.ts';

/**
 * A matcher that tells no likeness where the purpose wants review: every comparison opens a case with the likenesses
 * that reach the threshold, and answers none. The same faces are cut out, whatever was found.
 *
 * @param matcher tells every similarity at threshold 0
 */
export function withholdMatcher(
  matcher: FaceMatcher,
  grant: ReviewGrant,
  parts: Pick<WithholdingParts, 'collections' | 'cropper' | 'crops' | 'desk' | 'probeHash'>,
  { notes, probes }: CallSheets,
): FaceMatcher {
  if (grant.review === 'none') return matcher;
  return {
    modelVersion: matcher.modelVersion,
    async match(source, targets, threshold, signal) {
      const similarities = await matcher.match(source, targets, 0, signal);
      const best = targets
        .map((target, index) => ({ target, similarity: similarities[index] ?? 0 }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, mostCandidates)
        .map(({ target, similarity }) => ({ shown: imageOf(probes.sourceOf(target)), similarity }));
      const [first] = best;
      const crops =
        first === undefined
          ? []
          : await parts.cropper.crop(first.shown.image, { boxes: best.map(({ shown }) => shown.box) }, signal);
      const candidates = best.map(
        ({ shown, similarity }, i): NewCandidate => ({ similarity, box: shown.box, crop: crops[i] }),
      );
      const from = probes.sourceOf(source);
      const [ends, crop] = await Promise.all([
        endsOfProbe(from, undefined, parts),
        cropOfProbe(from, undefined, parts, signal),
      ]);
      const { caseId } = await parts.desk.open({
        kind: 'comparison',
        operation: grant.operation,
        purpose: grant.purpose,
        requestedBy: grant.person,
        threshold,
        model: matcher.modelVersion,
        probe: { ...ends, ...(crop && { crop }) },
        candidates: candidates.filter(({ similarity }) => similarity >= threshold),
      });
      notes.reviewCase(caseId);
      return targets.map(() => undefined);
    },
  };
}

function imageOf(source: ProbeSource): ProbeSource & { readonly kind: 'image' } {
  if (source.kind !== 'image') throw new Error('only faces of an image are compared');
  return source;
}
