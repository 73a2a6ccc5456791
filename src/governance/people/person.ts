import { ServiceError } from '../../contract/index.ts';
import { type RoleName, roleNames } from '../../shared/role-names.ts';
import { skeleton } from '../policy/skeleton.ts';

/** Somebody who works with this server. A key belongs to a person; decisions count persons. */
export interface Person {
  readonly name: string;
  /** At least one. */
  readonly roles: readonly RoleName[];
  readonly addedAtMs: number;
  /** Who proposed and who approved; empty for persons made at the first start. */
  readonly addedBy: readonly string[];
  /** False once removed: nothing is allowed to them, and their name stays theirs. */
  readonly active: boolean;
}

const namePattern = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._@-]{0,62}[\p{L}\p{M}\p{N}])?$/u;

/** Roles that one person may not hold together, and why. */
const conflicts: readonly { readonly roles: readonly [RoleName, RoleName]; readonly why: string }[] = [
  { roles: ['reviewer', 'enroller'], why: 'who puts faces into a collection must not judge its candidates' },
  { roles: ['auditor', 'searcher'], why: 'who checks the searches must not search' },
  { roles: ['auditor', 'evaluator'], why: 'who checks the searches must not search, not even to measure' },
];

/** Letters whose capitals look like a Latin capital though they themselves look like none. */
const capitalsOf: Readonly<Record<string, string>> = { в: 'b', н: 'h', β: 'b', ζ: 'z', μ: 'm' };

/** A name as persons are told apart: two names that read alike are one person's. */
export function personId(name: string): string {
  return skeleton(name)
    .replace(/[внβζμ]/gu, (letter) => capitalsOf[letter] ?? letter)
    .trim()
    .replace(/\s+/gu, ' ');
}

/** True where both names are one person's. */
export function isSamePerson(one: string, other: string): boolean {
  return personId(one) === personId(other);
}

/** Whom the audit names where no person called: the server's clocks, and whoever has the token of a receipt. */
const serversOwn = ['likeness', 'subject'] as const;

/** The name of someone who is added: none of those that the audit uses for itself. @throws {ServiceError} InvalidParameterException */
export function requireNewName(name: string): string {
  const normal = requireName(name);
  if (!serversOwn.some((own) => isSamePerson(own, normal))) return normal;
  throw new ServiceError('InvalidParameterException', `'${normal}' is what the audit calls the server or a subject.`);
}

/** @throws {ServiceError} InvalidParameterException when it can be nobody's name */
export function requireName(name: string): string {
  const normal = name.normalize('NFKC').trim();
  if (namePattern.test(normal) && personId(normal) !== '') return normal;
  throw new ServiceError(
    'InvalidParameterException',
    "A person's name has 1 to 64 letters, digits, spaces and . _ @ -, and begins and ends with a letter or digit.",
  );
}

/**
 * The roles in their usual order, each once.
 *
 * @throws {ServiceError} InvalidParameterException when there is none, one is unknown or two exclude each other
 */
export function requireRoles(wanted: readonly string[]): readonly RoleName[] {
  const unknown = wanted.find((role) => !roleNames.some((name) => name === role));
  if (unknown !== undefined || wanted.length === 0) {
    throw new ServiceError(
      'InvalidParameterException',
      `${unknown === undefined ? 'A person has at least one role' : `'${unknown}' is no role`}. The roles are: ${roleNames.join(', ')}.`,
    );
  }
  const roles = roleNames.filter((name) => wanted.includes(name));
  const conflict = conflicts.find((pair) => pair.roles.every((role) => roles.includes(role)));
  if (conflict !== undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      `One person cannot be ${conflict.roles.join(' and ')}: ${conflict.why}. Give the roles to two persons. ` +
        'Read docs/accountability.md#roles.',
    );
  }
  return roles;
}
