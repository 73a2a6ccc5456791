import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, readData } from '../../shared/package-root.ts';
import { declaredPurpose, loadPolicy, PolicyError, parsePolicy, purposeNames } from './index.ts';

const policy = loadPolicy();
type Table = { version: string; purposes: Record<string, unknown>[]; refused: Record<string, unknown>[] };
const table = (): Table => readData<Table>('policy.json');
const refusedAs = (text: string) => {
  const verdict = declaredPurpose(policy, text);
  return verdict.kind === 'refused' ? verdict.refused.id : verdict.kind;
};

describe('the policy table', () => {
  it.each([
    ['photo-library', 'none', 0, 'none', 'none', 'operator-option', 3650],
    ['media-archive', 'none', 90, 'none', 'none', 'never', 3650],
    ['identity-verification', 'required', 95, 'none', 'none', 'never', 365],
    ['access-control', 'required', 99, 'none', 'consenting-subjects', 'never', 1095],
    ['family-reunification', 'guardian-or-legal-basis', 0, 'two-reviewers', 'none', 'never', 1825],
    ['evaluation', 'data-set-licence', 0, 'none', 'none', 'allowed', 30],
  ] as const)('binds %s to its duties', (name, consent, similarityFloor, review, liveStreams, mode, maxDays) => {
    expect(policy.purposes[name]).toMatchObject({
      name,
      consent,
      similarityFloor,
      review,
      liveStreams,
      attributes: { emotions: mode, gender: mode },
      retention: { maxDays },
    });
  });

  it('points each refused class at a heading of the documentation that exists', () => {
    for (const { id, readAt } of policy.refused) {
      const [file = '', anchor] = readAt.split('#');
      expect(existsSync(join(packageRoot(), file))).toBe(true);
      expect(anchor).toBe(id);
      expect(readFileSync(join(packageRoot(), file), 'utf8')).toContain(`### ${id}\n`);
    }
  });

  it('is known by a digest that changes with any value and not with the order of members', () => {
    const reordered = Object.fromEntries(Object.entries(table()).reverse());
    const changed = table();
    changed.purposes[1] = { ...changed.purposes[1], similarityFloor: 89 };
    expect(policy.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(parsePolicy(reordered).digest).toBe(policy.digest);
    expect(parsePolicy(changed).digest).not.toBe(policy.digest);
  });

  it('cannot be changed once it is loaded', () => {
    expect(() => Object.assign(policy.purposes['access-control'], { similarityFloor: 0 })).toThrow(TypeError);
    expect(() => (policy.refused as unknown[]).pop()).toThrow(TypeError);
    expect(() => (policy.refused[0]!.declaredAs as string[]).splice(0)).toThrow(TypeError);
  });

  it.each<[string, (changed: Table) => void]>([
    ['a refused class is missing', (changed) => changed.refused.pop()],
    [
      'a refused class is declared by no word',
      (changed) => Object.assign(changed.refused[0] ?? {}, { declaredAs: [] }),
    ],
    ['a word folds to nothing', (changed) => (changed.refused[0]!.declaredAs as string[]).push('--')],
    [
      'a refused class goes by other words only',
      (changed) => Object.assign(changed.refused[0] ?? {}, { declaredAs: ['x'] }),
    ],
    ['a purpose is missing', (changed) => changed.purposes.pop()],
    ['a purpose stands twice', (changed) => changed.purposes.push(changed.purposes[0] ?? {})],
    ['a purpose is added', (changed) => changed.purposes.push({ ...changed.purposes[0], name: 'border-control' })],
    ['a floor is no number', (changed) => Object.assign(changed.purposes[1] ?? {}, { similarityFloor: '90' })],
    ['a floor is above 100', (changed) => Object.assign(changed.purposes[1] ?? {}, { similarityFloor: 101 })],
    ['a duty is not known', (changed) => Object.assign(changed.purposes[2] ?? {}, { consent: 'implied' })],
    ['the version is missing', (changed) => Object.assign(changed, { version: '' })],
  ])('does not load when %s', (_, change) => {
    const changed = table();
    change(changed);
    expect(() => parsePolicy(changed)).toThrow(PolicyError);
  });

  it.each([null, [], 'policy', {}])('does not load from %j', (value) => {
    expect(() => parsePolicy(value)).toThrow(PolicyError);
  });
});

describe('a declared purpose', () => {
  it.each(purposeNames)('is %s by that exact name', (name) => {
    expect(declaredPurpose(policy, name)).toEqual({ kind: 'ok', purpose: name });
  });

  it.each([
    '',
    ' ',
    'Photo-Library',
    'photo_library',
    'photo-library ',
    'phоto-library', // Cyrillic о
    'photo-lib\u200brary',
    'ｐhoto-library',
    'photo-library,evaluation',
    'wedding',
    'constructor',
    '__proto__',
  ])('%j is unknown, however much it looks like one', (text) => {
    expect(declaredPurpose(policy, text)).toEqual({ kind: 'unknown' });
  });

  it.each([
    'law-enforcement',
    'Law Enforcement',
    'LAWENFORCEMENT',
    'law_enforcement.identification',
    'lawEnforcement',
    'l-a-w enforcement',
    'police',
    'POLICE',
    'p-o-l-i-c-e',
    'pоlice', // Cyrillic о
    'роliсе', // Cyrillic р, о, с, е
    'pol\u200bice',
    'ｐｏｌｉｃｅ',
    '𝓅𝑜𝓁𝒾𝒸𝑒',
    'pólicé',
    'p0l1ce',
    'city-police-search',
    'city-pol\u200bice-search',
    'suspect-identification',
    'mugshots',
    'Mug Shots',
    'watch+list',
  ])('%j declares law enforcement', (text) => {
    expect(refusedAs(text)).toBe('law-enforcement-identification');
  });

  it.each([
    ['Surveillance', 'public-space-surveillance'],
    ['live-facial-recognition', 'public-space-surveillance'],
    ['CCTV', 'public-space-surveillance'],
    ['web_scraping', 'untargeted-scraping'],
    ['scraped-gallery', 'untargeted-scraping'],
    ['Emotion at Work', 'emotion-at-work-or-school'],
    ['studentEngagement', 'emotion-at-work-or-school'],
    ['ethnicity', 'sorting-by-protected-traits'],
    ['sexual orientation', 'sorting-by-protected-traits'],
    ['Religion', 'sorting-by-protected-traits'],
  ])('%j declares %s', (text, id) => {
    expect(refusedAs(text)).toBe(id);
  });

  it('declares the class that each of its own words stands for', () => {
    for (const row of policy.refused)
      for (const word of row.declaredAs) expect([word, refusedAs(word)]).toEqual([word, row.id]);
  });
});
