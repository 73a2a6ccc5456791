import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/shared/package-root.ts';

/** One picture of the scenes with what it shows. */
export interface Scene {
  readonly file: string;
  readonly shows: ReadonlySet<string>;
  /** Counts neither for nor against. */
  readonly unsure: ReadonlySet<string>;
}

interface Truth {
  readonly pictures: Readonly<
    Record<string, { readonly shows: readonly string[]; readonly unsure: readonly string[] }>
  >;
}

/** The labelled scenes of a data folder; empty where it has none. @param data the folder that holds scenes/ */
export function readScenes(data: string): Scene[] {
  const folder = join(data, 'scenes');
  if (!existsSync(folder)) return [];
  const present = new Set(readdirSync(folder));
  const truth = JSON.parse(readFileSync(join(packageRoot(), 'evals', 'labels', 'truth.json'), 'utf8')) as Truth;
  return Object.entries(truth.pictures)
    .filter(([name]) => present.has(name))
    .map(([name, { shows, unsure }]) => ({
      file: join(folder, name),
      shows: new Set(shows),
      unsure: new Set(unsure),
    }));
}

/** A label that a source told of a scene, with what the truth says of it. */
export interface Told {
  readonly file: string;
  readonly name: string;
  /** The source's score, 0..1, or confidence, 0..100. */
  readonly value: number;
  readonly right: boolean;
}

/** Precision and recall of what reaches a threshold. */
export interface Rates {
  readonly threshold: number;
  readonly told: number;
  readonly right: number;
  /** Labels that the scenes show and the source could have told. */
  readonly shown: number;
}

/** Counts what reaches each threshold. @param shown see {@link Rates} */
export function ratesAt(thresholds: readonly number[], told: readonly Told[], shown: number): Rates[] {
  return thresholds.map((threshold) => {
    const reaching = told.filter(({ value }) => value >= threshold);
    return { threshold, told: reaching.length, right: reaching.filter(({ right }) => right).length, shown };
  });
}
