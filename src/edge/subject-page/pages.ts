import { createHash } from 'node:crypto';
import type { OwnResponseOf } from '../../contract/index.ts';
import { escapeHtml } from '../../shared/page.ts';
import { subjectStyle } from './style.ts';
import type { Texts } from './texts.ts';

/** What a person's file tells. */
export type SubjectView = OwnResponseOf<'ShowSubject'>;

/** Where the page stands. */
export const subjectPagePath = '/likeness/subject';

/** Allows this page's style and forms to itself, and nothing else. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(subjectStyle).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Asks for the token. */
export function askPage(t: Texts): string {
  return page(
    t,
    t.ask.heading,
    `<h1>${text(t.ask.heading)}</h1>
<p class="lead">${text(t.ask.lead)}</p>
<section><form method="post" action="${subjectPagePath}">
<label for="token">${text(t.ask.label)}</label>
<p class="hint" id="token-hint">${text(t.ask.hint)}</p>
<input type="text" id="token" name="token" required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="token-hint">
<input type="hidden" name="step" value="show">
<button>${text(t.ask.button)}</button>
</form></section>
<p class="muted">${text(t.ask.lost)}</p>`,
  );
}

/** Shows what is held. @param notice said first, such as that a message was sent */
export function filePage(t: Texts, view: SubjectView, token: string, notice?: string): string {
  const { receipt } = view;
  const open = receipt.state === 'active' || receipt.state === 'expired';
  return page(
    t,
    t.file.heading,
    `<h1>${text(t.file.heading)}</h1>
${notice === undefined ? '' : `<section class="notice" role="status"><p>${text(notice)}</p></section>`}
<section><h2>${text(t.file.agreed)}</h2><dl>
${pair(t.file.purpose, `${receipt.purpose}: ${receipt.purposeFor}`)}
${pair(t.file.state, t.file.states[receipt.state] ?? receipt.state)}
${pair(t.file.given, day(receipt.grantedAt))}
${receipt.endedAt === undefined ? pair(t.file.until, day(receipt.expiresAt)) : pair(t.file.ended, day(receipt.endedAt))}
${pair(t.file.receipt, receipt.receiptId)}
${receipt.certificateId === undefined ? '' : pair(t.file.certificate, receipt.certificateId)}
</dl>${receipt.minor ? `<p>${text(t.file.minor)}</p>` : ''}</section>
<section><h2>${text(t.file.faces)}</h2>${faces(t, view)}</section>
<section><h2>${text(t.file.uses)}</h2>${uses(t, view)}</section>
<section><h2>${text(t.download.heading)}</h2><p>${text(t.download.text)}</p>
${stepForm('download', token, `<button>${text(t.download.button)}</button>`)}</section>
<section><h2>${text(t.contest.heading)}</h2><p>${text(t.contest.text)}</p>
${contestForm(t, view, token)}${contests(t, view)}</section>
${
  open
    ? `<section><h2>${text(t.withdraw.heading)}</h2><p>${text(t.withdraw.text)}</p>
${stepForm('confirm', token, `<button class="danger">${text(t.withdraw.button)}</button>`)}</section>`
    : ''
}`,
  );
}

/** Asks once more before consent is withdrawn. */
export function confirmPage(t: Texts, token: string): string {
  return page(
    t,
    t.withdraw.sure,
    `<h1>${text(t.withdraw.sure)}</h1>
<section><p>${text(t.withdraw.what)}</p><ul>${t.withdraw.steps.map((step) => `<li>${text(step)}</li>`).join('')}</ul>
<p>${text(t.withdraw.limits)}</p>
${stepForm('withdraw', token, `<button class="danger">${text(t.withdraw.yes)}</button>`)}
${stepForm('show', token, `<button class="quiet">${text(t.withdraw.no)}</button>`)}</section>`,
  );
}

/** Says that it is done. */
export function withdrawnPage(t: Texts, done: OwnResponseOf<'WithdrawBySubject'>, token: string): string {
  const [heading, words] = done.suspended
    ? [t.withdraw.suspended, t.withdraw.suspendedText]
    : [t.withdraw.done, t.withdraw.doneText];
  return page(
    t,
    heading,
    `<h1>${text(heading)}</h1>
<section class="notice" role="status"><p>${text(words)}</p><dl>${pair(t.withdraw.certificate, done.certificateId)}</dl>
${stepForm('download', token, `<button>${text(t.withdraw.getCertificate)}</button>`)}</section>`,
  );
}

/** Says what went wrong. */
export function wrongPage(t: Texts, words: string): string {
  return page(
    t,
    t.wrong.heading,
    `<h1>${text(t.wrong.heading)}</h1>
<section class="notice bad" role="alert"><p>${text(words)}</p></section>
<p><a class="back" href="${subjectPagePath}">${text(t.wrong.back)}</a></p>`,
  );
}

function faces(t: Texts, view: SubjectView): string {
  if (view.faces.length === 0) return `<p>${text(t.file.nothing)}</p>`;
  const rows = view.faces.map(
    ({ collectionId, storedAt, erasedBy, faceId }) =>
      `<tr><td>${text(collectionId)}</td><td>${text(day(storedAt))}</td><td>${text(day(erasedBy))}</td><td class="id">${text(faceId)}</td></tr>`,
  );
  return `<p>${text(t.file.template)}</p>${table(t.file.faces, [t.file.collection, t.file.stored, t.file.erasedBy, t.file.face], rows)}`;
}

function uses(t: Texts, view: SubjectView): string {
  const rows = view.uses.map(
    ({ month, operation, calls }) =>
      `<tr><td>${text(month)}</td><td>${text(t.file.operations[operation] ?? operation)}</td><td>${calls}</td></tr>`,
  );
  return `${rows.length === 0 ? `<p>${text(t.file.noUses)}</p>` : table(t.file.uses, [t.file.month, t.file.what, t.file.times], rows)}
${view.usesSince === undefined ? '' : `<p class="muted">${text(t.file.usesSince)} ${text(day(view.usesSince))}.</p>`}
<p class="muted">${text(t.file.cases)} ${view.reviewCases}</p>`;
}

function contestForm(t: Texts, view: SubjectView, token: string): string {
  const choice =
    view.faces.length === 0
      ? ''
      : `<label for="face">${text(t.contest.face)}</label><select id="face" name="faceId"><option value="">${text(t.contest.anyFace)}</option>${view.faces
          .map(
            ({ faceId, collectionId, storedAt }) =>
              `<option value="${text(faceId)}">${text(`${collectionId}, ${day(storedAt)}, ${faceId.slice(0, 8)}`)}</option>`,
          )
          .join('')}</select>`;
  return stepForm(
    'contest',
    token,
    `<label for="text">${text(t.contest.label)}</label><textarea id="text" name="text" rows="5" required maxlength="4000"></textarea>${choice}<button>${text(t.contest.button)}</button>`,
  );
}

function contests(t: Texts, view: SubjectView): string {
  if (view.contests.length === 0) return '';
  const entries = view.contests.map(
    ({ at, text: words, answer, answeredAt }) =>
      `<li><p class="muted">${text(day(at))}</p><blockquote>${text(words)}</blockquote>${
        answer === undefined
          ? `<p class="muted">${text(t.contest.open)}</p>`
          : `<p>${text(t.contest.answered)}, ${text(day(answeredAt ?? at))}:</p><blockquote>${text(answer)}</blockquote>`
      }</li>`,
  );
  return `<h3>${text(t.contest.earlier)}</h3><ol>${entries.join('')}</ol>`;
}

function page(t: Texts, heading: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="${t.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${text(heading)} · ${text(t.title)}</title>
<style>${subjectStyle}</style>
</head>
<body>
<main>
${body}
</main>
<footer><p>${text(t.footer.text)}</p></footer>
</body>
</html>
`;
}

function stepForm(step: string, token: string, inner: string): string {
  return `<form method="post" action="${subjectPagePath}"><input type="hidden" name="token" value="${text(token)}"><input type="hidden" name="step" value="${step}">${inner}</form>`;
}

function table(caption: string, titles: readonly string[], rows: readonly string[]): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${text(caption)}"><table><thead><tr>${titles.map((title) => `<th scope="col">${text(title)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function pair(term: string, value: string): string {
  return `<dt>${text(term)}</dt><dd>${text(value)}</dd>`;
}

/** The day of an ISO time, such as 22 November 2026. */
function day(iso: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso));
}

const text = escapeHtml;
