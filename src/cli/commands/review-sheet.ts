import type { OwnResponseOf } from '../../contract/index.ts';
import { escapeHtml } from '../../shared/page.ts';

/** A case as GetReviewCase tells it. */
export type ReviewCase = OwnResponseOf<'GetReviewCase'>;

/**
 * A page to look at a case: the probe beside each candidate, in order, self-contained and without scripts.
 */
export function reviewSheet(shown: ReviewCase): string {
  const { caseId, kind, purpose, collectionId, openedAt, expiresAt, probe, candidates } = shown;
  const rows = candidates.map(
    ({ candidateId, rank, crop }) => `<li>
<figure>${picture(probe, 'the face that was searched with')}<figcaption>probe</figcaption></figure>
<figure>${picture(crop, `candidate ${rank}`)}<figcaption>candidate ${rank}</figcaption></figure>
<p><strong>Candidate ${rank}</strong><br><code>${escapeHtml(candidateId)}</code></p>
</li>`,
  );
  const body =
    rows.length > 0
      ? `<ol>${rows.join('\n')}</ol>`
      : `<figure>${picture(probe, 'the face that was searched with')}<figcaption>probe</figcaption></figure>
<p>There is no candidate to judge. Submit the case all the same: it closes when two reviewers have.</p>`;
  // An example that fits: no candidate is named that the case does not have.
  const hint = candidates.map(({ rank }) => (rank === 1 ? ' --same 1' : rank === 2 ? ' --different 2' : '')).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Review case ${escapeHtml(caseId)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff; }
ol { list-style: none; padding: 0; }
li { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; border-top: 1px solid #767676; padding: 1rem 0; }
figure { margin: 0; width: 14rem; }
img, .none { width: 14rem; height: 14rem; object-fit: contain; background: #e6e6e6; display: grid; place-items: center; }
figcaption { color: #4a4a4a; }
code { font-size: 0.8rem; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Review case</h1>
<p><code>${escapeHtml(caseId)}</code><br>${escapeHtml(kind)} for ${escapeHtml(purpose)}${collectionId === undefined ? '' : ` in ${escapeHtml(collectionId)}`}, opened ${escapeHtml(openedAt)}, closes ${escapeHtml(expiresAt)}</p>
<p>Compare each candidate with the probe: ears, hairline, moles and scars, the shape of nose and mouth. Say <em>same</em> only when you would say so alone. Known non-matches may be among them. A match is a candidate, never an identity.</p>
${body}
<p>Then: <code>likeness review submit ${escapeHtml(caseId)}${hint} --reason "..."</code></p>
</body>
</html>
`;
}

function picture(base64: string | undefined, alt: string): string {
  return base64 === undefined
    ? '<span class="none">no picture</span>'
    : `<img alt="${escapeHtml(alt)}" src="data:image/jpeg;base64,${escapeHtml(base64)}">`;
}
