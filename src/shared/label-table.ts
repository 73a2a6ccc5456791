import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, readData } from './package-root.ts';

/** A label that a picture can be given. */
export interface LabelEntry {
  /** In AWS's style: singular, in title case, such as `Traffic Light`. */
  readonly name: string;
  /** Names of the labels directly above, the one of the outline first; empty for a root. */
  readonly parents: readonly string[];
  /** Other names of the same thing; no alias is the name or alias of another label. */
  readonly aliases: readonly string[];
  /** At least one, each of {@link LabelTable.categories}. */
  readonly categories: readonly string[];
  /** What a text model is asked for, in lower case; the name in lower case, without parentheses, unless that is ambiguous. */
  readonly prompt: string;
}

/** The table of labels: a graph without circles, where a label may have several parents. */
export interface LabelTable {
  /** In the order of the file. */
  readonly entries: readonly LabelEntry[];
  /** The categories that labels may have, sorted. */
  readonly categories: readonly string[];
  /** A label by its exact name. */
  get(name: string): LabelEntry | undefined;
  /** Every label above one, nearest first, each once; empty for a root and for a name that is not in the table. */
  ancestorsOf(name: string): readonly string[];
}

/** The table cannot be read: says the line and what is wrong with it. */
export class LabelTableError extends Error {
  override readonly name = 'LabelTableError';
}

const FILE = 'labels.txt';
const INDENT = '  ';

/**
 * Reads data/labels.txt.
 *
 * @throws {LabelTableError} when a line cannot be read, a name is not unique, a parent or category is missing, or parents run in a circle
 */
export function readLabelTable(): LabelTable {
  const text = readFileSync(join(packageRoot(), 'data', FILE), 'utf8');
  return parseLabelTable(text, readData<readonly string[]>('label-categories.json'));
}

/**
 * Reads an outline of labels. A line `[Category]` starts a section; every other line is a label whose depth, two
 * spaces a level, says its parent: `Name = Alias; Alias < Other Parent; Other Parent + Other Category : prompt`, where
 * each part after the name may be left out. Lines that start with # are comments.
 *
 * @param categories the names that sections and lines may use
 * @throws {LabelTableError}
 */
export function parseLabelTable(text: string, categories: readonly string[]): LabelTable {
  const known = new Set(categories);
  const byName = new Map<string, LabelEntry>();
  const taken = new Map<string, string>();
  const above: string[] = [];
  let section: string | undefined;

  const claim = (name: string, owner: string, where: string): void => {
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) throw new LabelTableError(`${where}: "${name}" is already a name or alias of ${other}`);
    taken.set(name.toLowerCase(), owner);
  };

  text.split('\n').forEach((line, i) => {
    const where = `${FILE} line ${i + 1}`;
    if (line.trim() === '' || line.startsWith('#')) return;
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      above.length = 0;
      return;
    }
    if (section === undefined) throw new LabelTableError(`${where}: a label before the first [Category]`);
    const body = line.trimStart();
    const depth = (line.length - body.length) / INDENT.length;
    if (!Number.isInteger(depth) || depth > above.length) {
      throw new LabelTableError(`${where}: the label is indented deeper than its parent's children`);
    }
    const { name, aliases, parents, others, prompt } = partsOf(body, where);
    above.length = depth;
    const parent = above.at(-1);
    above.push(name);
    const own = [section, ...others];
    for (const category of own) {
      if (!known.has(category)) throw new LabelTableError(`${where}: "${category}" is not in label-categories.json`);
    }
    for (const word of [name, ...aliases]) claim(word, name, where);
    byName.set(name, {
      name,
      parents: parent === undefined ? parents : [parent, ...parents],
      aliases,
      categories: own,
      prompt: prompt ?? name.toLowerCase().replace(/[()]/g, ''),
    });
  });

  const ancestors = ancestorsOfAll(byName);
  return {
    entries: [...byName.values()],
    categories,
    get: (name) => byName.get(name),
    ancestorsOf: (name) => ancestors.get(name) ?? [],
  };
}

interface LineParts {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly parents: readonly string[];
  readonly others: readonly string[];
  readonly prompt?: string;
}

/** The parts of a label's line, its indentation taken off. */
function partsOf(body: string, where: string): LineParts {
  const found = /^([^=<+:;]+?)(?: = ([^=<+:]+?))?(?: < ([^=<+:]+?))?(?: \+ ([^=<+:]+?))?(?: : ([^=<+:;]+))?$/.exec(
    body,
  );
  const [, name, aliases, parents, others, prompt] = found ?? [];
  if (name === undefined) throw new LabelTableError(`${where}: cannot be read: ${body}`);
  return {
    name,
    aliases: listOf(aliases),
    parents: listOf(parents),
    others: listOf(others),
    ...(prompt !== undefined && { prompt }),
  };
}

const listOf = (text: string | undefined): string[] => (text === undefined ? [] : text.split('; '));

/** For each label all that are above it, breadth first. */
function ancestorsOfAll(byName: ReadonlyMap<string, LabelEntry>): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  for (const { name } of byName.values()) {
    const found = new Set<string>();
    let level: readonly string[] = [name];
    while (level.length > 0) {
      level = level.flatMap((child) => byName.get(child)?.parents ?? []).filter((parent) => !found.has(parent));
      for (const parent of level) {
        if (parent === name) throw new LabelTableError(`${FILE}: "${name}" is above itself`);
        if (!byName.has(parent)) throw new LabelTableError(`${FILE}: the parent "${parent}" of ${name} is missing`);
        found.add(parent);
      }
    }
    all.set(name, [...found]);
  }
  return all;
}

/** data/label-classes.json. */
interface LabelClasses {
  readonly coco: readonly string[];
}

/** The labels of COCO's 80 classes, in the order in which models of objects answer them. */
export function readCocoLabels(): readonly string[] {
  return readData<LabelClasses>('label-classes.json').coco;
}

/**
 * The labels of ImageNet's 1,000 classes, in the order of ILSVRC 2012; several classes may become one label.
 *
 * @throws {LabelTableError} when data/imagenet-labels.tsv is not in order
 */
export function readImagenetLabels(): readonly string[] {
  const lines = readFileSync(join(packageRoot(), 'data', 'imagenet-labels.tsv'), 'utf8').split('\n');
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#')).slice(1);
  return rows.map((row, i) => {
    const [index, , label] = row.split('\t');
    if (index !== String(i) || !label) throw new LabelTableError(`imagenet-labels.tsv: row ${i} reads "${row}"`);
    return label;
  });
}
