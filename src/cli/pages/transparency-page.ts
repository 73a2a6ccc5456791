import { scaleLinear } from 'd3-scale';
import type { TransparencyReport } from '../../compose.ts';
import { sha256Hex } from '../../shared/canonical-json.ts';
import { escapeHtml, pageStyle } from '../../shared/page.ts';

type Count = TransparencyReport['cells'][number]['count'];
type Measure = TransparencyReport['measures'][number];

/** A count as people read it. */
export function toldText(count: Count, smallestTold: number): string {
  if (count === 'small') return `<${smallestTold}`;
  return count === 'kept-back' ? 'kept back' : count.toLocaleString('en');
}

const plot = { width: 720, left: 44, right: 8, top: 12, height: 150, bottom: 26, widestBar: 60 } as const;

/**
 * The report as one page that needs nothing else.
 *
 * @param text the signed report as it was given out, whose digest the page tells
 */
export function transparencyPage(report: TransparencyReport, text: string): string {
  const { audit, from, to, policy, smallestTold } = report;
  const months = monthsOf(from, to);
  const counted = report.measures.filter(({ name }) => report.cells.some(({ measure }) => measure === name));
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Transparency report, ${escapeHtml(from)} to ${escapeHtml(to)}</title>
<style>${pageStyle}
.bar { fill: var(--accent); } .bar.untold { fill: none; stroke: var(--accent); stroke-dasharray: 3 3; }
</style>
</head>
<body>
<header>
<h1>Transparency report</h1>
<p class="lead">What this face analysis server was used for from ${escapeHtml(from)} to ${escapeHtml(to)}, counted from its audit log.</p>
</header>
<main>
<div class="findings${audit.intact ? '' : ' shown'}"><p>${
    audit.intact
      ? `The audit log was verified before it was counted: ${audit.records.toLocaleString('en')} records, none changed, dropped or moved.`
      : `The audit log is <strong>broken</strong>. ${escapeHtml(audit.detail ?? '')} What follows counts what is left of it.`
  }</p></div>
<p>Counts from 1 to ${smallestTold - 1} are shown as &lt;${smallestTold}: so few uses could point at somebody. Where one is hidden, so is every sum that would give it away (“kept back”).</p>
${counted.length === 0 ? '<p>Nothing was counted in these months.</p>' : ''}
${counted.map((measure) => section(report, measure, months)).join('\n')}
${refusals(report)}
<h2>What this does not say</h2>
<ul>
<li>It counts what the server was asked. It does not know what people did with the answers.</li>
<li>Who controls the machine could run a second server, or rewrite a log that was never anchored elsewhere.</li>
</ul>
<h2>Origin</h2>
<dl>
<dt>Made at</dt><dd>${escapeHtml(report.madeAt)}</dd>
<dt>Policy</dt><dd>version ${escapeHtml(policy.version)}, <code>${escapeHtml(policy.digest)}</code></dd>
${audit.head ? `<dt>Last record</dt><dd>${audit.head.sequence}, <code>${escapeHtml(audit.head.hash)}</code></dd>` : ''}
<dt>Signed report</dt><dd>SHA-256 <code>${sha256Hex(text)}</code></dd>
</dl>
</main>
</body>
</html>
`;
}

function section(report: TransparencyReport, { name, title, explanation }: Measure, months: readonly string[]): string {
  const { smallestTold } = report;
  const cells = report.cells.filter(({ measure }) => measure === name);
  const totals = report.totals.filter(({ measure }) => measure === name);
  const purposes = [...new Set(cells.map(({ purpose }) => purpose))].sort();
  const totalOf = (month: string): Count => totals.find((total) => total.month === month)?.count ?? 0;
  const partsOf = (month: string): Bar => {
    const counts = cells.filter((cell) => cell.month === month).map(({ count }) => count);
    const told = counts.filter((count): count is number => typeof count === 'number');
    return { told: told.reduce((sum, count) => sum + count, 0), more: told.length < counts.length };
  };
  const row = (month: string): string => {
    const counts = purposes.map(
      (purpose) => cells.find((cell) => cell.purpose === purpose && cell.month === month)?.count ?? 0,
    );
    return `<tr><th scope="row">${month}</th>${[...counts, totalOf(month)].map((count) => numberCell(count, smallestTold)).join('')}</tr>`;
  };
  return `<h2 id="${escapeHtml(name)}">${escapeHtml(title)}</h2>
<p>${escapeHtml(explanation)}</p>
<figure>${bars(title, months.map(partsOf), months, smallestTold)}<figcaption>${escapeHtml(title)} by month, all purposes. A dashed outline on top stands for a number that is not told.</figcaption></figure>
<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(title)} as a table"><table><caption>${escapeHtml(title)} by month and purpose</caption>
<thead><tr><th scope="col">Month</th>${purposes.map((purpose) => `<th scope="col" class="n">${escapeHtml(purpose)}</th>`).join('')}<th scope="col" class="n">All</th></tr></thead>
<tbody>${months
    .filter((month) => cells.some((cell) => cell.month === month))
    .map(row)
    .join('\n')}</tbody></table></div>`;
}

function refusals({ refusals: rows, smallestTold }: TransparencyReport): string {
  if (rows.length === 0) return '';
  return `<h2 id="rules">Refusals by rule</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Refusals by rule as a table"><table><caption>Calls refused, by the rule that refused them</caption>
<thead><tr><th scope="col">Month</th><th scope="col">Rule</th><th scope="col" class="n">Calls</th></tr></thead>
<tbody>${rows
    .map(
      ({ month, rule, count }) =>
        `<tr><th scope="row">${month}</th><td>${escapeHtml(rule)}</td>${numberCell(count, smallestTold)}</tr>`,
    )
    .join('\n')}</tbody></table></div>`;
}

function numberCell(count: Count, smallestTold: number): string {
  const told = typeof count === 'number' && count > 0;
  return `<td class="n${told ? '' : ' none'}">${escapeHtml(toldText(count, smallestTold))}</td>`;
}

/** What is told of a month's calls, and whether there were more. */
interface Bar {
  readonly told: number;
  readonly more: boolean;
}

function bars(title: string, parts: readonly Bar[], months: readonly string[], smallestTold: number): string {
  const base = plot.top + plot.height;
  const y = scaleLinear()
    .domain([0, Math.max(...parts.map(({ told, more }) => told + (more ? smallestTold : 0)), smallestTold)])
    .nice()
    .range([base, plot.top]);
  const step = (plot.width - plot.left - plot.right) / months.length;
  const width = Math.min(step * 0.7, plot.widestBar);
  const every = Math.ceil(months.length / 12);
  const marks = months.map((month, index) => {
    const { told, more } = parts[index] ?? { told: 0, more: false };
    const middle = plot.left + step * (index + 0.5);
    const rect = (from: number, to: number, kind: string): string =>
      `<rect class="bar${kind}" x="${(middle - width / 2).toFixed(1)}" y="${y(to).toFixed(1)}" width="${width.toFixed(1)}" height="${(y(from) - y(to)).toFixed(1)}"/>`;
    const bar = (told > 0 ? rect(0, told, '') : '') + (more ? rect(told, told + smallestTold, ' untold') : '');
    const label =
      index % every === 0
        ? `<text class="tick" x="${middle.toFixed(1)}" y="${base + 18}" text-anchor="middle">${month}</text>`
        : '';
    return bar + label;
  });
  const grid = y
    .ticks(4)
    .filter(Number.isInteger)
    .map((tick) => {
      const at = y(tick).toFixed(1);
      return `<line class="grid" x1="${plot.left}" x2="${plot.width - plot.right}" y1="${at}" y2="${at}"/><text class="tick" x="${plot.left - 6}" y="${at}" dy="4" text-anchor="end">${tick}</text>`;
    });
  return `<svg viewBox="0 0 ${plot.width} ${base + plot.bottom}" role="img" aria-label="${escapeHtml(`${title} by month; the table below has the numbers`)}">${grid.join('')}${marks.join('')}</svg>`;
}

function monthsOf(from: string, to: string): readonly string[] {
  const [year = 0, number = 1] = from.split('-').map(Number);
  const [lastYear = 0, lastNumber = 1] = to.split('-').map(Number);
  const length = (lastYear - year) * 12 + lastNumber - number + 1;
  return Array.from({ length }, (_, offset) => new Date(Date.UTC(year, number - 1 + offset)).toISOString().slice(0, 7));
}
