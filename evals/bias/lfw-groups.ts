import { relative } from 'node:path';
import type { Sample } from '../../src/bias/index.ts';
import type { Lfw } from '../faces/lfw.ts';

/** The two groups: they mean nothing, so nothing may differ between them. */
export const parityGroups = ['even', 'odd'] as const;

/**
 * Puts every person into one of two groups by the parity of the SHA-256 of the person's first image.
 *
 * @returns a sample for each image of the data set, in its order
 */
export function samplesByParity({ images }: Lfw): readonly (Sample & { readonly group: string })[] {
  const groups = new Map<number, string>();
  for (const { person, sha256 } of images) {
    if (!groups.has(person)) groups.set(person, Number.parseInt(sha256.at(-1) ?? '0', 16) % 2 === 0 ? 'even' : 'odd');
  }
  return images.map(({ person, sha256 }) => ({
    person: `${person}`,
    group: groups.get(person) ?? '',
    image: sha256,
  }));
}

/** The labelled pairs and groups as `likeness evaluate bias` reads them, with paths that begin at a folder. */
export function labelFiles(lfw: Lfw, folder: string): { readonly pairs: string; readonly groups: string } {
  const samples = samplesByParity(lfw);
  const pathOf = (image: number) => relative(folder, lfw.images[image]?.path ?? '');
  const pairs = lfw.pairs.map(({ a, b, same }) => [pathOf(a), pathOf(b), same ? 1 : 0].join(','));
  const members = lfw.images.map(({ person }, i) => [pathOf(i), samples[i]?.group, person].join(','));
  return {
    pairs: `${['image_a,image_b,same', ...pairs].join('\n')}\n`,
    groups: `${['image,group,person', ...members].join('\n')}\n`,
  };
}
