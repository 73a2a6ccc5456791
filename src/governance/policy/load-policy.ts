import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { readData } from '../../shared/package-root.ts';
import { declaredPurpose } from './declared-purpose.ts';
import {
  type Policy,
  type PurposeRow,
  purposeNames,
  type RefusedClass,
  refusedClassIds,
  sensitiveAttributes,
} from './policy.ts';
import { foldedWords } from './skeleton.ts';

/** The policy table says something that Likeness does not serve under; the server must not start. */
export class PolicyError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(`data/policy.json: ${message}`, options);
    this.name = 'PolicyError';
  }
}

/**
 * Reads data/policy.json, validates it and freezes it. There is no setting that changes it.
 *
 * @throws {PolicyError} when it is malformed, or lacks a purpose or a refused class
 */
export function loadPolicy(): Policy {
  return parsePolicy(readData<unknown>('policy.json'));
}

/**
 * Makes a policy of a table as data/policy.json holds it.
 *
 * @throws {PolicyError} when it is malformed, or lacks a purpose or a refused class
 */
export function parsePolicy(table: unknown): Policy {
  const { version, purposes, refused } = objectOf(table, 'the table');
  const rows = listOf(purposes, 'purposes').map((row) => purposeRow(row));
  const classes = listOf(refused, 'refused').map((row) => refusedClass(row));
  requireExactly(
    'purposes',
    rows.map((row) => row.name),
    purposeNames,
  );
  requireExactly(
    'refused',
    classes.map((row) => row.id),
    refusedClassIds,
  );
  const policy: Policy = {
    version: textOf(version, 'version'),
    digest: sha256Hex(canonicalJson(table)),
    purposes: Object.fromEntries(rows.map((row) => [row.name, row])) as Policy['purposes'],
    refused: classes,
  };
  for (const row of classes) {
    const verdict = declaredPurpose(policy, row.id);
    if (verdict.kind !== 'refused') throw new PolicyError(`refused class ${row.id} is not refused under its own id`);
  }
  return deepFreeze(policy);
}

function purposeRow(value: unknown): PurposeRow {
  const row = objectOf(value, 'a purpose');
  const name = oneOf(row.name, purposeNames, "a purpose's name");
  const attributes = objectOf(row.attributes, `${name}.attributes`);
  const modes = sensitiveAttributes.map(
    (attribute) =>
      [
        attribute,
        oneOf(attributes[attribute], ['never', 'operator-option', 'allowed'], `${name}.${attribute}`),
      ] as const,
  );
  const floor = row.similarityFloor;
  if (typeof floor !== 'number' || !(floor >= 0 && floor <= 100)) {
    throw new PolicyError(`${name}.similarityFloor must be a number from 0 to 100`);
  }
  return {
    name,
    for: textOf(row.for, `${name}.for`),
    consent: oneOf(row.consent, ['none', 'required', 'guardian-or-legal-basis', 'data-set-licence'], `${name}.consent`),
    similarityFloor: floor,
    review: oneOf(row.review, ['none', 'two-reviewers'], `${name}.review`),
    liveStreams: oneOf(row.liveStreams, ['none', 'consenting-subjects'], `${name}.liveStreams`),
    attributes: Object.fromEntries(modes) as PurposeRow['attributes'],
    retention: retentionTerms(row.retention, `${name}.retention`),
    budget: row.budget === null ? null : searchBudget(row.budget, `${name}.budget`),
  };
}

function retentionTerms(value: unknown, what: string): PurposeRow['retention'] {
  const row = objectOf(value, what);
  return {
    maxDays: countOf(row.maxDays, `${what}.maxDays`),
    idleDays: row.idleDays === null ? null : countOf(row.idleDays, `${what}.idleDays`),
    clock: oneOf(row.clock, ['face', 'collection'], `${what}.clock`),
  };
}

function searchBudget(value: unknown, what: string): PurposeRow['budget'] {
  const row = objectOf(value, what);
  return {
    searchesPerHour: countOf(row.searchesPerHour, `${what}.searchesPerHour`),
    repeatsOfOneProbePerHour: countOf(row.repeatsOfOneProbePerHour, `${what}.repeatsOfOneProbePerHour`),
    differentProbesPerTenMinutes: countOf(row.differentProbesPerTenMinutes, `${what}.differentProbesPerTenMinutes`),
  };
}

function refusedClass(value: unknown): RefusedClass {
  const row = objectOf(value, 'a refused class');
  const id = oneOf(row.id, refusedClassIds, "a refused class's id");
  const declaredAs = listOf(row.declaredAs, `${id}.declaredAs`).map((word) => textOf(word, `a word of ${id}`));
  // A word that folds to nothing would be found in every text.
  if (declaredAs.length === 0 || declaredAs.some((word) => foldedWords(word).length === 0)) {
    throw new PolicyError(`${id}.declaredAs must list words`);
  }
  return { id, rule: textOf(row.rule, `${id}.rule`), readAt: textOf(row.readAt, `${id}.readAt`), declaredAs };
}

function requireExactly(what: string, found: readonly string[], wanted: readonly string[]): void {
  if ([...found].sort().join() !== [...wanted].sort().join()) {
    throw new PolicyError(`${what} must be each of ${wanted.join(', ')} once, and no other`);
  }
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PolicyError(`${what} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new PolicyError(`${what} must be a list`);
  return value;
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw new PolicyError(`${what} must be a text`);
  return value;
}

function countOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new PolicyError(`${what} must be a whole number above 0`);
  }
  return value;
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[], what: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new PolicyError(`${what} must be one of ${allowed.join(', ')}`);
  return found;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
