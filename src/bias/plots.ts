import { scaleLinear, scaleLog } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { escapeHtml } from '../shared/page.ts';
import type { Distribution, Sweep } from './curves.ts';
import type { Differentials } from './differentials.ts';
import { percentOf, type RateFigure, ratioText } from './figures.ts';

const width = 720;
const labelWidth = 150;
const rowHeight = 30;
/** Left of the smallest thing drawn and right of the largest, where words stand, in decades. */
const room = 0.15;
const roomRight = 0.2;

/** A picture with its text for those who do not see it. */
function svg(height: number, alt: string, body: string, wide = width): string {
  return `<svg viewBox="0 0 ${wide} ${height}" role="img" aria-label="${escapeHtml(alt)}" xmlns="http://www.w3.org/2000/svg">${body}</svg>`;
}

function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeHtml(words)}</text>`;
}

function stroke(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="${kind}"/>`;
}

/** A group's name, cut to what fits beside a plot. */
function label(name: string): string {
  return name.length > 20 ? `${name.slice(0, 19)}…` : name;
}

/** The tenths, ones and tens that lie within two ends, or halves and twos where these are near. */
function ticksOf(low: number, high: number): number[] {
  const decades = Array.from({ length: 16 }, (_, i) => 10 ** (i - 8));
  const fine = Math.log10(high / low) < 1.6 ? [1, 2, 5] : Math.log10(high / low) < 3 ? [1, 3] : [1];
  return decades.flatMap((decade) => fine.map((step) => step * decade)).filter((tick) => tick >= low && tick <= high);
}

/** One row of a dot-and-whisker plot: a rate, or what it lies below, or nothing. */
export interface RateRow {
  readonly name: string;
  readonly figure: RateFigure;
  /** Drawn apart: all groups together. */
  readonly pooled?: boolean;
}

/** Dots with whiskers on a scale of logarithms; an open triangle where only a bound is known. */
export function ratePlot(rows: readonly RateRow[], title: string): string {
  const values = rows.flatMap(({ figure }) =>
    figure.status === 'measured'
      ? [figure.rate, figure.interval.lower, figure.interval.upper].filter((value) => value > 0)
      : figure.status === 'bounded'
        ? [figure.below]
        : [],
  );
  if (values.length === 0) return '';
  const low = 10 ** (Math.log10(Math.min(...values)) - room);
  const high = Math.min(1, 10 ** (Math.log10(Math.max(...values)) + roomRight));
  const x = scaleLog([low, Math.max(high, low * 1.5)], [labelWidth, width - 20]);
  const bottom = 14 + rows.length * rowHeight;
  const grid = ticksOf(low, high).map(
    (tick) =>
      stroke(x(tick), 8, x(tick), bottom, 'grid') +
      text(x(tick), bottom + 16, percentOf(tick), 'class="tick" text-anchor="middle"'),
  );
  const marks = rows.map(({ name, figure, pooled }, i) => {
    const y = 14 + (i + 0.5) * rowHeight;
    const named = text(labelWidth - 12, y + 4, label(name), `text-anchor="end"${pooled ? ' class="muted"' : ''}`);
    const kind = pooled ? 'mark muted-mark' : 'mark';
    if (figure.status === 'refused')
      return named + text(labelWidth + 8, y + 4, 'no rate: too few people', 'class="muted"');
    if (figure.status === 'bounded') {
      const at = x(figure.below);
      return `${named}${stroke(labelWidth, y, at, y, 'whisker bound')}<path d="M${at.toFixed(1)} ${y - 6}l-9 6l9 6z" class="${kind} open"/>${text(at + 8, y + 4, `below ${percentOf(figure.below)}`, 'class="muted"')}`;
    }
    const { lower, upper } = figure.interval;
    const from = lower > low ? x(lower) : labelWidth;
    const ends =
      (lower > low ? stroke(from, y - 5, from, y + 5, 'whisker') : '') +
      stroke(x(upper), y - 5, x(upper), y + 5, 'whisker');
    return `${named}${stroke(from, y, x(upper), y, 'whisker')}${ends}<circle cx="${x(figure.rate).toFixed(1)}" cy="${y}" r="5" class="${kind}"/>`;
  });
  const alt = `${title}. ${rows.map(({ name, figure }) => `${name}: ${figure.sentence}`).join(' ')}`;
  return svg(bottom + 26, alt, grid.join('') + marks.join(''));
}

/** Ratios with both intervals on a scale of logarithms about 1. */
export function ratioPlot({ groups }: Differentials, title: string): string {
  if (groups.length === 0) return '';
  const values = groups.flatMap(({ ratio, adjustedInterval: { lower, upper } }) =>
    [ratio, lower, upper].filter((value): value is number => typeof value === 'number' && value > 0),
  );
  const reach = Math.min(1000, Math.max(2, ...values.map((value) => Math.max(value, 1 / value)))) * 1.1;
  const x = scaleLog([1 / reach, reach], [labelWidth, width - 20]).clamp(true);
  const bottom = 14 + groups.length * rowHeight;
  const grid = ticksOf(1 / reach, reach).map(
    (tick) =>
      stroke(x(tick), 8, x(tick), bottom, tick === 1 ? 'axis' : 'grid') +
      text(
        x(tick),
        bottom + 16,
        tick === 1 ? 'the same' : `× ${tick >= 1 ? tick : tick.toPrecision(1)}`,
        'class="tick" text-anchor="middle"',
      ),
  );
  const marks = groups.map(({ group, ratio, interval, adjustedInterval, verdict }, i) => {
    const y = 14 + (i + 0.5) * rowHeight;
    const ends = ({ lower, upper }: { lower: number; upper: number | null }) =>
      [lower > 0 ? x(lower) : labelWidth, upper === null ? width - 20 : x(upper)] as const;
    const [from, to] = ends(adjustedInterval);
    const [innerFrom, innerTo] = ends(interval);
    const kind = verdict === 'not shown' ? 'mark' : 'mark shown';
    const dot = ratio === undefined ? '' : `<circle cx="${x(ratio).toFixed(1)}" cy="${y}" r="5" class="${kind}"/>`;
    return `${text(labelWidth - 12, y + 4, label(group), 'text-anchor="end"')}${stroke(from, y, to, y, 'whisker')}${stroke(innerFrom, y, innerTo, y, 'whisker thick')}${dot}`;
  });
  const alt = `${title}. ${groups.map(({ group, ratio, interval }) => `${group}: ${ratio === undefined ? 'ratio not known' : ratioText(ratio)}, between ${ratioText(interval.lower)} and ${ratioText(interval.upper)}.`).join(' ')}`;
  return svg(bottom + 26, alt, grid.join('') + marks.join(''));
}

/** Shares of scores of one group: impostors and genuine pairs over each other, with the threshold. */
export function distributionPlot(
  group: string,
  impostor: Distribution | undefined,
  genuine: Distribution | undefined,
  threshold: number,
  highest: number,
): string {
  const given = impostor ?? genuine;
  if (given === undefined) return '';
  const wide = 350;
  const height = 150;
  const x = scaleLinear([given.low, given.high], [34, wide - 16]);
  const y = scaleLinear([0, Math.max(highest, 0.01)], [height - 26, 12]);
  const shape = (distribution: Distribution | undefined, kind: string) => {
    if (distribution === undefined) return '';
    const { low, high, shares } = distribution;
    const points = [...shares, shares.at(-1) ?? 0].map((share, i): [number, number] => [
      low + ((high - low) * i) / shares.length,
      share,
    ]);
    const draw = area<[number, number]>()
      .x(([score]) => x(score))
      .y0(y(0))
      .y1(([, share]) => y(share))
      .curve(curveStepAfter);
    return `<path d="${rounded(draw(points))}" class="${kind}"/>`;
  };
  const ticks = x.ticks(5).map((tick) => text(x(tick), height - 10, `${tick}`, 'class="tick" text-anchor="middle"'));
  const shares = y
    .ticks(3)
    .map(
      (tick) =>
        stroke(34, y(tick), wide - 16, y(tick), 'grid') +
        text(30, y(tick) + 4, `${Math.round(100 * tick)}`, 'class="tick" text-anchor="end"'),
    );
  const inRange = threshold >= given.low && threshold <= given.high;
  const limit = inRange ? stroke(x(threshold), 10, x(threshold), height - 26, 'limit') : '';
  const alt = `Scores of ${group}. ${describe('Different people', impostor)} ${describe('One person', genuine)} The threshold is ${threshold}.`;
  return svg(
    height,
    alt,
    [...shares, shape(impostor, 'impostor'), shape(genuine, 'genuine'), limit, ...ticks].join(''),
    wide,
  );
}

function describe(who: string, distribution: Distribution | undefined): string {
  if (distribution === undefined) return `${who}: too few to show.`;
  const { low, high, shares } = distribution;
  const most = shares.indexOf(Math.max(...shares));
  const step = (high - low) / shares.length;
  return `${who}: ${distribution.scores} scores, most between ${low + most * step} and ${low + (most + 1) * step}.`;
}

const markers = ['circle', 'square', 'triangle', 'diamond'] as const;

/** How a group's line looks: colour, dashes and marker differ, so that no one has to tell colours apart. */
export function lineKey(i: number): string {
  return svg(14, '', `${stroke(0, 7, 34, 7, `line g${i % 8}`)}${marker(i, 17, 7)}`, 34).replace(
    'role="img" aria-label=""',
    'aria-hidden="true" class="key"',
  );
}

function marker(i: number, x: number, y: number): string {
  const kind = `class="g${i % 8} dot"`;
  const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
  switch (markers[i % markers.length]) {
    case 'square':
      return `<path d="M${at}m-4 -4h8v8h-8z" ${kind}/>`;
    case 'triangle':
      return `<path d="M${at}m0 -5l5 9h-10z" ${kind}/>`;
    case 'diamond':
      return `<path d="M${at}m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z" ${kind}/>`;
    default:
      return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" ${kind}/>`;
  }
}

/** A rate over the threshold, one line a group, only where the sample bears it. */
export function sweepPlot(
  groups: readonly { readonly name: string; readonly sweep: Sweep }[],
  which: 'falseMatch' | 'falseNonMatch',
  threshold: number,
  title: string,
): string {
  const rates = groups.flatMap(({ sweep }) => sweep[which].filter((rate): rate is number => rate !== null));
  const thresholds = groups[0]?.sweep.thresholds ?? [];
  if (rates.length === 0 || thresholds.length === 0) return '';
  const height = 260;
  const low = Math.min(...rates) / 1.3;
  const x = scaleLinear([thresholds[0] ?? 0, thresholds.at(-1) ?? 1], [72, width - 20]);
  const y = scaleLog([low, 1], [height - 30, 12]);
  const grid = ticksOf(low, 1).map(
    (tick) =>
      stroke(72, y(tick), width - 20, y(tick), 'grid') +
      text(66, y(tick) + 4, percentOf(tick), 'class="tick" text-anchor="end"'),
  );
  const ticks = x.ticks(10).map((tick) => text(x(tick), height - 12, `${tick}`, 'class="tick" text-anchor="middle"'));
  const lines = groups.map(({ sweep }, i) => {
    const points = thresholds.map((at, j) => ({ at, rate: sweep[which][j] ?? null }));
    const draw = line<(typeof points)[number]>()
      .defined(({ rate }) => rate !== null)
      .x(({ at }) => x(at))
      .y(({ rate }) => y(rate ?? 1));
    const every = Math.max(1, Math.round(points.length / 6));
    const dots = points.flatMap(({ at, rate }, j) =>
      rate !== null && j % every === (3 * i) % every ? [marker(i, x(at), y(rate))] : [],
    );
    return `<path d="${rounded(draw(points))}" class="line g${i % 8}"/>${dots.join('')}`;
  });
  const inRange = threshold >= (thresholds[0] ?? 0) && threshold <= (thresholds.at(-1) ?? 0);
  const limit = inRange ? stroke(x(threshold), 10, x(threshold), height - 30, 'limit') : '';
  return svg(height, title, [...grid, ...ticks, limit, ...lines].join(''));
}

/** A path with one decimal: the eye sees no more, and the file stays small. */
function rounded(path: string | null): string {
  return (path ?? '').replaceAll(/\d+\.\d+/g, (number) => Number(number).toFixed(1));
}
