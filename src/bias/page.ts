import { escapeHtml, pageStyle } from '../shared/page.ts';
import type { Differentials, RatioInterval } from './differentials.ts';
import { reportText, type SignedBiasReport } from './document.ts';
import { count, farRatio, percentOf, type RateFigure, ratioText } from './figures.ts';
import type { GroupMeasurement } from './measure.ts';
import { distributionPlot, lineKey, type RateRow, ratePlot, ratioPlot, sweepPlot } from './plots.ts';
import type { ErrorKind } from './rate.ts';

const titles: Readonly<Record<ErrorKind, string>> = {
  'false-match': 'False matches',
  'false-non-match': 'False non-matches',
  'failure-to-enrol': 'Failures to enrol',
};

const wordsOfRate: Readonly<Record<ErrorKind, string>> = {
  'false-match': 'rate of false matches',
  'false-non-match': 'rate of false non-matches',
  'failure-to-enrol': 'rate of failures to enrol',
};

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function biasReportPage(report: SignedBiasReport): string {
  const { measurement, protocol } = report;
  const { groups, pairs, pooled } = measurement;
  const rows = (of: (group: GroupMeasurement) => RateFigure, all: RateFigure): RateRow[] => [
    ...groups.map((group) => ({ name: group.group, figure: of(group) })),
    { name: 'all groups', figure: all, pooled: true },
  ];
  const matches = rows((group) => group.falseMatchWithin, pooled.falseMatchWithin);
  const nonMatches = rows((group) => group.falseNonMatch, pooled.falseNonMatch);
  const failures = rows((group) => group.failureToEnrol, pooled.failureToEnrol);
  const confidence = percentOf(protocol.confidence);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bias report: error rates by group</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>Bias report</h1>
<p class="lead">How often face comparison errs for each of ${groups.length} groups, at one threshold of ${protocol.threshold} for all (${escapeHtml(protocol.thresholdFrom)}), on ${count(pairs.total)} labelled pairs: ${count(pairs.genuine)} of one person, ${count(pairs.impostor)} of two people.</p>
</header>
<main>
${findings(report)}
<h2 id="rates">Error rates by group</h2>
${rateFigure(matches, 'False matches: two people taken for one', `Share of pairs of two people of the same group at or above the threshold, with ${confidence} intervals. An open triangle marks a rate that the sample cannot tell: it lies anywhere left of it.`)}
${rateFigure(nonMatches, 'False non-matches: one person not recognised', `Share of pairs of one person below the threshold, with ${confidence} intervals.`)}
${rateFigure(failures, 'Failures to enrol: no usable face found', `Share of ${groups[0]?.enrolmentUnit ?? 'images'} that could not be compared. They are in neither of the rates above.`)}
${rateTable([matches, nonMatches, failures], confidence)}
${impostorTable(report)}
${missing(report)}
<h2 id="differentials">Differentials</h2>
<p>Each group's rate over that of all other groups together. The thick bar is the ${confidence} interval taken by itself; the thin one allows for looking at ${measurement.ratiosLookedAt} ${measurement.ratiosLookedAt === 1 ? 'ratio' : 'ratios'} at once. A differential counts as shown when the thin bar leaves “the same” out.</p>
${measurement.differentials.map(differential).join('\n')}
${distributions(report)}
${sweeps(report)}
<h2 id="reading">How to read this, and what it does not say</h2>
<ul>${report.cautions.map((caution) => `<li>${escapeHtml(caution)}</li>`).join('')}</ul>
<p>Intervals come from drawing <em>people</em> anew ${count(protocol.replicates)} times (seed ${protocol.seed}), not pairs: images of one person, and pairs that share a person, go wrong together. How much they do so sets how many independent comparisons the sample is worth; the interval is the exact binomial one for that number (Korn and Graubard 1998). No error among <i>n</i> independent comparisons bounds a rate at about 3/<i>n</i>: a rate below that floor is not printed, and a group of fewer than ${protocol.minPeople} people gets no rate at all.</p>
${origin(report)}
</main>
</body>
</html>
`;
}

/** Begins what is wider than a narrow screen: it scrolls by itself, by keyboard too. */
const scrolls = '<div class="scroll" tabindex="0">';

/** Whether an upper end says no more than that the sample does not tell. */
function isFar(upper: number | null): boolean {
  return upper === null || upper > farRatio;
}

function findings({ measurement }: SignedBiasReport): string {
  const shown = measurement.differentials.flatMap(({ kind, groups }) =>
    groups
      .filter(({ verdict }) => verdict !== 'not shown')
      .map(
        ({ group, ratio, verdict, adjustedInterval: { lower, upper } }) =>
          `<li><strong>${escapeHtml(group)}</strong> has a ${verdict} ${wordsOfRate[kind]} than the other groups: ${ratio === undefined ? '' : `${ratioText(ratio)} times theirs, `}${isFar(upper) ? `at least ${ratioText(lower)} times` : `between ${ratioText(lower)} and ${ratioText(upper)} times`}.</li>`,
      ),
  );
  const open = measurement.differentials.map(({ kind, groups, worst }) => {
    if (worst === undefined) return `<li>${titles[kind]}: no two groups have enough people to be compared.</li>`;
    if (groups.some(({ verdict }) => verdict !== 'not shown')) return '';
    const { upper } = worst.interval;
    const reach = isFar(upper)
      ? 'the sample sets no useful limit to how large one may be'
      : `one group's rate may still be up to ${ratioText(upper)} times another's`;
    return `<li>${titles[kind]}: no differential is shown; ${reach}.</li>`;
  });
  const title =
    shown.length > 0
      ? 'Differentials were found'
      : measurement.ratiosLookedAt === 0
        ? 'Too few people to compare any two groups'
        : 'No differential is shown by this sample';
  return `<section class="findings${shown.length > 0 ? ' shown' : ''}" aria-label="Findings"><strong>${title}</strong><ul>${[...shown, ...open].join('')}</ul></section>`;
}

function rateFigure(rows: readonly RateRow[], title: string, caption: string): string {
  const plot = ratePlot(rows, title);
  const body =
    plot === ''
      ? '<p class="none">The sample bears no rate of this kind; the table says what is missing.</p>'
      : `${scrolls}${plot}</div>`;
  return `<h3>${escapeHtml(title)}</h3>\n<figure>${body}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function cell(figure: RateFigure): string {
  switch (figure.status) {
    case 'measured':
      return `<td>${percentOf(figure.rate)}<br><span class="none">${percentOf(figure.interval.lower)} to ${percentOf(figure.interval.upper)}<br>${count(figure.errors)} of ${count(figure.comparisons)}; ${count(figure.people)} people</span></td>`;
    case 'bounded':
      return `<td>below ${percentOf(figure.below)}<br><span class="none">no rate: ${count(figure.errors)} of ${count(figure.comparisons)}; ${count(figure.people)} people</span></td>`;
    case 'refused':
      return `<td class="none">no rate<br>${count(figure.people)} people, ${count(figure.comparisons)} in all</td>`;
  }
}

function rateTable(columns: readonly (readonly RateRow[])[], confidence: string): string {
  const [first = []] = columns;
  const lines = first.map(
    ({ name }, i) =>
      `<tr><th scope="row">${escapeHtml(name)}</th>${columns.map((rows) => (rows[i] ? cell(rows[i].figure) : '<td></td>')).join('')}</tr>`,
  );
  return `${scrolls}<table><caption>The rates of the three plots, their ${confidence} intervals and what they were counted over.</caption><thead><tr><th scope="col">Group</th><th scope="col">False matches within the group</th><th scope="col">False non-matches</th><th scope="col">Failures to enrol</th></tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

function impostorTable({ measurement: { groups, pooled } }: SignedBiasReport): string {
  const lines: readonly (readonly [string, RateFigure])[] = [
    ...groups.map((group): readonly [string, RateFigure] => [`${group.group} with anyone`, group.falseMatchWithAnyone]),
    ['two people of one group', pooled.falseMatchWithin],
    ['two people of different groups', pooled.falseMatchAcross],
    ['any two people', pooled.falseMatchAll],
  ];
  return `<h3>False matches by who was compared with whom</h3>
<p>People of different groups are mostly easier to tell apart. Mixing them into a group's rate would hide what its members risk among themselves, so they are told apart.</p>
${scrolls}<table><caption>False matches, impostors pooled and across groups.</caption><thead><tr><th scope="col">Impostors</th><th scope="col">False matches</th></tr></thead><tbody>${lines.map(([name, figure]) => `<tr><th scope="row">${escapeHtml(name)}</th>${cell(figure)}</tr>`).join('')}</tbody></table></div>`;
}

function missing({ measurement: { groups } }: SignedBiasReport): string {
  const lines = groups.flatMap((group) =>
    (
      [
        ['false matches', group.falseMatchWithin],
        ['false non-matches', group.falseNonMatch],
        ['failures to enrol', group.failureToEnrol],
      ] as const
    )
      .filter(([, figure]) => figure.status !== 'measured')
      .map(
        ([what, figure]) =>
          `<li><strong>${escapeHtml(group.group)}, ${what}.</strong> ${escapeHtml(figure.sentence)}</li>`,
      ),
  );
  if (lines.length === 0) return '';
  return `<h3>What the sample does not support</h3>\n<ul>${lines.join('')}</ul>`;
}

function differential(each: Differentials): string {
  const { kind, groups, leftOut, worst, highestOverGeometricMean } = each;
  const title = titles[kind];
  if (worst === undefined) return `<h3>${title}</h3><p class="none">Fewer than two groups have enough people.</p>`;
  const between = ({ lower, upper }: RatioInterval) =>
    !isFar(upper)
      ? `${ratioText(lower)} to ${ratioText(upper)}`
      : lower < 1 / farRatio
        ? 'anything'
        : `${ratioText(lower)} or more`;
  const lines = groups.map(
    ({ group, ratio, interval, adjustedInterval, verdict }) =>
      `<tr><th scope="row">${escapeHtml(group)}</th><td class="n">${ratio === undefined ? 'not known' : ratioText(ratio)}</td><td>${between(interval)}</td><td>${between(adjustedInterval)}</td><td${verdict === 'not shown' ? '' : ' class="shown-cell"'}>${verdict}</td></tr>`,
  );
  const extremes =
    worst.ratio === undefined
      ? isFar(worst.interval.upper) && worst.interval.lower === 1
        ? 'The sample does not tell how far the highest rate lies above the lowest.'
        : `The highest rate may be ${between(worst.interval)} times the lowest.`
      : `The highest rate (${escapeHtml(worst.highest ?? '')}) is ${ratioText(worst.ratio)} times the lowest (${escapeHtml(worst.lowest ?? '')}); with the sample's uncertainty ${between(worst.interval)} times.`;
  const mean =
    highestOverGeometricMean === undefined
      ? ''
      : ` It is ${ratioText(highestOverGeometricMean)} times the geometric mean of all groups.`;
  const out = leftOut.length > 0 ? ` Left out for too few people: ${escapeHtml(leftOut.join(', '))}.` : '';
  return `<h3>${title}</h3>
<figure>${scrolls}${ratioPlot(each, `${title}: each group's rate over that of the other groups`)}</div><figcaption>${extremes}${mean}${out}</figcaption></figure>
${scrolls}<table><caption>${title}: ratio to all other groups together.</caption><thead><tr><th scope="col">Group</th><th scope="col" class="n">Ratio</th><th scope="col">By itself</th><th scope="col">Among all looked at</th><th scope="col">Differential</th></tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

function distributions({ measurement: { groups }, protocol }: SignedBiasReport): string {
  const shares = groups.flatMap(({ genuineScores, impostorScores }) => [
    ...(genuineScores?.shares ?? []),
    ...(impostorScores?.shares ?? []),
  ]);
  const highest = Math.max(0, ...shares);
  const plots = groups.map(
    (group) =>
      `<div><h3>${escapeHtml(group.group)}</h3>${distributionPlot(group.group, group.impostorScores, group.genuineScores, protocol.threshold, highest) || '<p class="none">Too few people.</p>'}</div>`,
  );
  return `<h2 id="scores">Score distributions</h2>
<p><span class="swatch i"></span>two people of the group &ensp; <span class="swatch g"></span>one person</p>
<figure><div class="small">${plots.join('')}</div><figcaption>Share of scores in per cent, in steps of one width; all groups on one scale. The dashed line is the threshold.</figcaption></figure>`;
}

function sweeps({ measurement: { groups }, protocol }: SignedBiasReport): string {
  const given = groups.flatMap(({ group, sweep }) =>
    sweep && [...sweep.falseMatch, ...sweep.falseNonMatch].some((rate) => rate !== null)
      ? [{ name: group, sweep }]
      : [],
  );
  const falseMatch = sweepPlot(
    given,
    'falseMatch',
    protocol.threshold,
    'False matches of each group over the threshold',
  );
  const falseNonMatch = sweepPlot(
    given,
    'falseNonMatch',
    protocol.threshold,
    'False non-matches of each group over the threshold',
  );
  if (falseMatch === '' && falseNonMatch === '') return '';
  const keys = given.map(({ name }, i) => `<li>${lineKey(i)}${escapeHtml(name)}</li>`);
  return `<h2 id="sweep">Other thresholds</h2>
<ul class="keys">${keys.join('')}</ul>
<h3>False matches</h3><figure>${scrolls}${falseMatch}</div></figure>
<h3>False non-matches</h3><figure>${scrolls}${falseNonMatch}</div><figcaption>Rates within each group at every threshold, drawn only where the sample bears a rate. The dashed line is the report's threshold. A threshold chosen after looking at these curves needs fresh data to be judged.</figcaption></figure>`;
}

function origin(report: SignedBiasReport): string {
  const { data, origin: by, signature, protocol, measurement } = report;
  const entries: readonly (readonly [string, string])[] = [
    ['Signed', `${by.signedAt} by ${by.software}, key <code>${escapeHtml(signature.keyId)}</code> (Ed25519)`],
    ['The signed JSON', `SHA-256 <code>${reportText(report).sha256}</code>`],
    ...Object.entries(data.files).map(
      ([name, digest]) => [`File of ${escapeHtml(name)}`, `SHA-256 <code>${escapeHtml(digest)}</code>`] as const,
    ),
    [
      'Protocol',
      `${escapeHtml(protocol.standard)}; threshold ${protocol.threshold}, ${count(protocol.replicates)} replicates, seed ${protocol.seed}`,
    ],
    ['Policy', `version ${escapeHtml(by.policy.version)}, <code>${escapeHtml(by.policy.digest)}</code>`],
    [
      'Face model',
      by.faceModelVersion === undefined
        ? 'not known: scores were brought along'
        : `version ${escapeHtml(by.faceModelVersion)}`,
    ],
    ...(by.models ?? []).map(
      ({ id, sha256 }) => [`Model ${escapeHtml(id)}`, `<code>${escapeHtml(sha256)}</code>`] as const,
    ),
    ['Not compared', `${count(measurement.pairs.notCompared)} pairs for want of a face`],
    ...(data.repeatedPairs > 0 ? [['Repeated pairs', `${count(data.repeatedPairs)} left out`] as const] : []),
  ];
  return `<h2 id="origin">Where this comes from</h2>
<p>The JSON is the signed document; this page shows it. The signature tells that it was not changed since that server signed it. It cannot tell whether the labels are true or the sample is fair.</p>
<dl>${entries.map(([term, words]) => `<dt>${term}</dt><dd>${words}</dd>`).join('')}</dl>`;
}
