import type { ScoreQuantiles } from '../galleries/gallery.ts';
import { describeQuantiles } from '../galleries/quantiles.ts';
import type { Machine } from '../shared/machine.ts';
import { table } from '../shared/table.ts';
import type { AlternativeFigures, Aim as FilterAim } from './alternatives/measure.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { IndexFigures } from './index-child.ts';
import type { PeerFigures } from './peers-child.ts';
import type { SearchFigures } from './searching.ts';
import type { StoreFigures } from './store-child.ts';

/** All that one run measured; also the shape of the JSON file. */
export interface SearchBench {
  readonly machine: Machine;
  /** Whose photos the probes and their mates are of. */
  readonly probes: 'LFW' | 'synthetic';
  readonly gallery?: { readonly real: ScoreQuantiles; readonly synthetic: ScoreQuantiles };
  readonly stores: readonly StoreFigures[];
  readonly indexes: readonly { readonly figures: IndexFigures; readonly bandwidth: Bandwidth }[];
  readonly peers: readonly PeerFigures[];
  readonly alternatives: readonly { readonly vectors: number; readonly filters: readonly AlternativeFigures[] }[];
}

/** What was aimed at and what was reached. */
export interface Target {
  readonly text: string;
  readonly reached: string;
  readonly met: boolean;
}

/** How much more a vector may cost among many than among few: what differs between two runs of the same. */
const LINEAR = 1.15;

/** Holds what was measured against the targets of search at scale. */
export function judge({ stores, indexes, peers }: SearchBench): Target[] {
  const targets: Target[] = [];
  const add = (text: string, value: number, limit: number, unit: string) =>
    targets.push({ text, reached: `${number(value)}${unit}`, met: value <= limit });
  for (const { figures, bandwidth } of indexes) {
    const of = `index of ${count(figures.count)}`;
    if (figures.count >= 5e6)
      add(`${of}: scan over its bandwidth floor, at most 2`, overFloor(figures, bandwidth), 2, '');
    if (figures.count === 300_000 && figures.oneCore)
      add(`${of}: search on one core under 10 ms`, figures.oneCore.p50, 10, ' ms');
    if (figures.count === 300_000) add(`${of}: memory under 200 MB`, figures.memoryBytes / 1e6, 200, ' MB');
  }
  const [few, many] = [indexes.find(({ figures }) => figures.count >= 100_000), indexes.at(-1)];
  if (few && many && few !== many) {
    const each = ({ figures }: typeof few) => (figures.searches[0]?.p50 ?? Number.NaN) / figures.count;
    const text = `a vector's cost at ${count(many.figures.count)} over that at ${count(few.figures.count)}, at most ${LINEAR}`;
    add(text, each(many) / each(few), LINEAR, '');
  }
  const recalls = [...indexes.map(({ figures }) => figures), ...stores].flatMap(({ searches }) => searches);
  const least = Math.min(...recalls.map(({ recall }) => share(recall)));
  if (recalls.length > 0)
    targets.push({
      text: 'recall against exact search, at least 0.9999',
      reached: least.toFixed(6),
      met: least >= 0.9999,
    });
  const found = [...indexes.map(({ figures }) => figures), ...stores].filter(({ removedFound }) => removedFound);
  if (recalls.length > 0)
    targets.push({
      text: 'a removed face is never found',
      reached: found.length === 0 ? 'never' : `at ${found.map((one) => count(one.count)).join(', ')}`,
      met: found.length === 0,
    });
  for (const { count: faces, writing, openMs } of stores) {
    add(
      `collection of ${count(faces)}: search p99 beside insertions over alone, at most 2`,
      writing.besideP99 / writing.aloneP99,
      2,
      '',
    );
    if (faces === 1_000_000) add('collection of 1,000,000: opened in under 2 s', openMs / 1000, 2, ' s');
  }
  for (const peer of peers.filter((one) => one.peer === 'usearch' && one.count >= 300_000)) {
    const own = indexes.find(({ figures }) => figures.count === peer.count)?.figures;
    if (own?.oneCore === undefined) continue;
    const wide = peer.reached ? '' : ` (which found ${share(peer.search.recall).toFixed(4)} at its widest)`;
    add(
      `${count(peer.count)}: one core's search over usearch's${wide}, at most 1`,
      own.oneCore.p50 / peer.search.p50,
      1,
      '',
    );
    add(
      `${count(peer.count)}: build over usearch's, at most 1`,
      own.count / own.insertPerSecond / (peer.buildMs / 1000),
      1,
      '',
    );
  }
  return targets;
}

/** The report as people read it. */
export function describeSearch(bench: SearchBench, targets: readonly Target[]): string {
  const { machine, gallery, stores, indexes, peers, alternatives } = bench;
  const disturbed = machine.load > machine.cores ? 'other work disturbed this run' : 'other work hardly disturbed it';
  const sections: string[] = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}\nload ${machine.load.toFixed(1)}: ${disturbed}; probes and mates: ${bench.probes === 'LFW' ? 'real faces of LFW' : 'synthetic, as ../shared is not there'}`,
  ];
  if (gallery) sections.push(`The synthetic gallery\n${describeQuantiles(gallery.real, gallery.synthetic)}`);
  if (stores.length > 0) sections.push(describeStores(stores));
  if (indexes.length > 0) sections.push(describeIndexes(indexes));
  if (peers.length > 0) sections.push(describePeers(peers, indexes));
  for (const { vectors, filters } of alternatives) sections.push(describeAlternatives(vectors, filters));
  if (targets.length > 0) {
    sections.push(
      targets.map(({ text, reached, met }) => `${met ? 'met    ' : 'NOT MET'} ${text}: ${reached}`).join('\n'),
    );
  }
  return `${sections.join('\n\n')}\n`;
}

function describeStores(stores: readonly StoreFigures[]): string {
  return [
    'Through the whole store: rows, keys, index',
    table(
      [
        'faces',
        'inserts/s',
        'open ms',
        'close ms',
        'index MB',
        'process MB',
        'disk B a face',
        'delete one ms',
        'deletes/s',
      ],
      stores.map((one) => [
        count(one.count),
        number(one.insertPerSecond),
        number(one.openMs),
        number(one.closeMs),
        megabytes(one.indexBytes),
        megabytes(one.residentBytes),
        number(one.diskBytes / one.count),
        number(one.deleteOneMs),
        number(one.deletePerSecond),
      ]),
    ),
    searchTable(stores.flatMap((one) => one.searches.map((search) => ({ count: one.count, search })))),
    table(
      ['searches by 2 clients, ms p99', 'alone', 'beside insertions', 'ratio', 'inserted/s'],
      stores.map(({ count: faces, writing }) => [
        count(faces),
        number(writing.aloneP99),
        number(writing.besideP99),
        number(writing.besideP99 / writing.aloneP99),
        number(writing.insertedPerSecond),
      ]),
    ),
  ].join('\n\n');
}

function describeIndexes(indexes: SearchBench['indexes']): string {
  return [
    'The index alone, full vectors in a file',
    table(
      [
        'vectors',
        'inserts/s',
        'deletes/s',
        'index MB',
        'process MB',
        'B a vector',
        'open ms',
        'cold',
        'file MB',
        'written in ms',
      ],
      indexes.map(({ figures }) => [
        count(figures.count),
        number(figures.insertPerSecond),
        number(figures.deletePerSecond),
        megabytes(figures.memoryBytes),
        megabytes(figures.residentBytes),
        number(figures.memoryBytes / figures.count),
        number(figures.opening.warmMs),
        figures.opening.coldMs === undefined ? '-' : number(figures.opening.coldMs),
        megabytes(figures.opening.fileBytes),
        number(figures.opening.writeMs),
      ]),
    ),
    searchTable(
      indexes.flatMap(({ figures }) => [
        ...figures.searches.map((search) => ({ count: figures.count, search })),
        ...(figures.oneCore
          ? [{ count: figures.count, search: { ...figures.oneCore, aim: 'the first on one core' } }]
          : []),
      ]),
    ),
    table(
      [
        'scan and memory, ms',
        'search',
        'of it loading',
        'vectors loaded',
        'cold search',
        'cold loading',
        'read once by all',
        'by one thread',
        'GB/s',
        'scan over floor',
      ],
      indexes.map(({ figures, bandwidth }) => {
        const { warmMs, coldMs, coldTotalMs, vectors } = figures.loading;
        return [
          count(figures.count),
          number(figures.searches[0]?.p50 ?? Number.NaN),
          number(warmMs),
          vectors,
          coldTotalMs === undefined ? '-' : number(coldTotalMs),
          coldMs === undefined ? '-' : number(coldMs),
          number(bandwidth.all.p50),
          number(bandwidth.one.p50),
          number(bandwidth.bytes / bandwidth.all.p50 / 1e6),
          number(overFloor(figures, bandwidth)),
        ];
      }),
    ),
  ].join('\n\n');
}

function describePeers(peers: readonly PeerFigures[], indexes: SearchBench['indexes']): string {
  const own = indexes
    .filter(({ figures }) => peers.some((peer) => peer.count === figures.count))
    .map(({ figures }) => {
      const search = figures.oneCore ?? figures.searches[0];
      return [
        'Likeness, one core',
        count(figures.count),
        'exact',
        search === undefined ? '-' : share(search.recall).toFixed(4),
        number(search?.p50 ?? Number.NaN),
        number(search?.p99 ?? Number.NaN),
        number(figures.count / figures.insertPerSecond),
        megabytes(figures.residentBytes),
      ];
    });
  return [
    'Beside others over the same vectors: the 80 best at similarity 80',
    table(
      ['index', 'vectors', 'width', 'recall', 'ms p50', 'p99', 'build s', 'process MB'],
      [
        ...own,
        ...peers.map((peer) => [
          peer.peer,
          count(peer.count),
          peer.settings,
          share(peer.search.recall).toFixed(4),
          number(peer.search.p50),
          number(peer.search.p99),
          number(peer.buildMs / 1000),
          megabytes(peer.residentBytes),
        ]),
      ],
    ),
  ].join('\n');
}

function describeAlternatives(vectors: number, filters: readonly AlternativeFigures[]): string {
  const aims: readonly FilterAim[] = ['similarity 80', 'best 1', 'best 100', 'best 4096'];
  return [
    `First passes over ${count(vectors)} vectors on one thread: vectors left, %, and ms with the scoring of what is left`,
    table(
      ['first pass', 'B a vector', ...aims.flatMap((aim) => [`${aim}: %`, 'ms']), 'missed'],
      filters.map(({ name, bytesPerVector, left, ms, missed, isExact }) => [
        name,
        bytesPerVector,
        ...aims.flatMap((aim) => [(100 * left[aim]).toFixed(3), ms === undefined ? '-' : number(ms[aim])]),
        isExact ? missed : 'not exact',
      ]),
    ),
  ].join('\n');
}

function searchTable(rows: readonly { readonly count: number; readonly search: SearchFigures }[]): string {
  return table(
    ['searches', 'for', 'ms p50', 'p99', 'per s', 'per s, 4 clients', 'hits', 'recall', 'of pairs'],
    rows.map(({ count: faces, search }) => [
      count(faces),
      search.aim,
      number(search.p50),
      number(search.p99),
      number(search.perSecond),
      search.perSecond4 === undefined ? '-' : number(search.perSecond4),
      number(search.hits),
      share(search.recall).toFixed(6),
      search.recall.wanted,
    ]),
  );
}

/** A scan's time, without loading full vectors, over that of reading its bytes once with all cores. */
function overFloor({ searches, loading }: IndexFigures, bandwidth: Bandwidth): number {
  return ((searches[0]?.p50 ?? Number.NaN) - loading.warmMs) / bandwidth.all.p50;
}

function share({ found, wanted }: { readonly found: number; readonly wanted: number }): number {
  return wanted === 0 ? 1 : found / wanted;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 1);
}

function megabytes(bytes: number): string {
  return number(bytes / 1e6);
}
