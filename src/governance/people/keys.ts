import { ServiceError } from '../../contract/index.ts';
import type { KeyRecord, KeyStore } from '../../stores/ports/index.ts';
import type { BoundDualControl, DualControl, DualOutcome } from '../dual-control/index.ts';
import { declaredPurpose, type Policy, purposeNames } from '../policy/index.ts';
import type { People } from './people.ts';
import { isSamePerson } from './person.ts';

/** What a new key shall be; what is left out is as the calling key has it. */
export interface WantedKey {
  /** Whom it belongs to; absent: who asks. */
  readonly person?: string;
  readonly operations?: readonly string[];
  readonly collections?: readonly string[];
  readonly purposes?: readonly string[];
  /** A temporary key; absent: it lasts until it is revoked. */
  readonly expiresInSeconds?: number;
}

/** Makes a key, with a secret; the store is not touched. */
export type MakeKey = (
  wanted: {
    person: string;
    operations?: readonly string[];
    collections?: readonly string[];
    purposes: readonly string[];
    expiresAtMs?: number;
  },
  nowMs: number,
) => KeyRecord;

/** Who asks, and with which key. */
export interface Asking {
  readonly person: string;
  readonly accessKeyId: string;
}

/** A key without what it proves itself with. */
export type ListedKey = Omit<KeyRecord, 'secretAccessKey' | 'sessionToken' | 'revokedAtMs'> & {
  readonly state: 'serving' | 'expired' | 'revoked';
};

/** Access keys as an operation has them: acting for the person of its grant. */
export interface KeyDesk {
  /**
   * Makes a key that may do no more than the calling one. For another person it takes an admin and a second person.
   *
   * @throws {ServiceError} AccessDeniedException, InvalidParameterException, ResourceNotFoundException
   */
  create(wanted: WantedKey): Promise<DualOutcome>;
  /** An admin sees all, everyone else their own. */
  list(): Promise<readonly ListedKey[]>;
  /** An admin revokes any, everyone else their own. @throws {ServiceError} ResourceNotFoundException */
  revoke(accessKeyId: string): Promise<void>;
}

/** What keys are kept with. */
export interface KeyParts {
  readonly keys: KeyStore;
  readonly people: People;
  readonly policy: Policy;
  readonly makeKey: MakeKey;
  readonly clock: () => number;
}

/** What a create-key proposal says. */
interface KeyParameters {
  readonly person: string;
  readonly operations?: readonly string[];
  readonly collections?: readonly string[];
  readonly purposes: readonly string[];
  readonly expiresInSeconds?: number;
}

/**
 * Says how keys are made for others. An admin who could make a key for anybody could act as anybody, so it takes a
 * second person; and the secret is told to that one, who hands it over.
 */
export function registerKeyActions(control: DualControl, parts: KeyParts): void {
  const { keys, people, makeKey, clock } = parts;
  control.register('create-key', {
    proposers: ['admin'],
    approvers: 'any',
    async mayRunAlone(parameters, proposer) {
      const { person } = parameters as unknown as KeyParameters;
      if (isSamePerson(person, proposer)) return true;
      // Somebody must make the second person's first key. A revoked key counts: else revoking would be a way back here.
      const active = (await people.list()).filter((one) => one.active && !isSamePerson(one.name, proposer));
      const held = (await keys.list()).filter((key) => active.some((one) => isSamePerson(one.name, key.person)));
      return held.length === 0;
    },
    async execute(parameters) {
      const { person, expiresInSeconds, ...limits } = parameters as unknown as KeyParameters;
      const nowMs = clock();
      const expiresAtMs = expiresInSeconds === undefined ? undefined : nowMs + expiresInSeconds * 1_000;
      const { name } = await presentPerson(people, person);
      const key = makeKey({ ...limits, person: name, ...(expiresAtMs !== undefined && { expiresAtMs }) }, nowMs);
      await keys.put(key);
      // Removing a person revokes the keys it finds, and may not have found this one.
      if ((await people.rolesOf(name)).length === 0) {
        await keys.revoke(key.accessKeyId, nowMs);
        throw new ServiceError('ConflictException', `${name} was removed meanwhile.`);
      }
      return {
        person: name,
        accessKeyId: key.accessKeyId,
        secretAccessKey: key.secretAccessKey,
        ...(key.sessionToken !== undefined && { sessionToken: key.sessionToken }),
        ...(expiresAtMs !== undefined && { expires: new Date(expiresAtMs).toISOString() }),
      };
    },
  });
}

/** The keys, for the person who asks. */
export function keyDeskOf(parts: KeyParts, control: BoundDualControl, asking: Asking): KeyDesk {
  const { keys, people, clock } = parts;
  const isAdmin = async () => (await people.rolesOf(asking.person)).includes('admin');
  return {
    async create(wanted) {
      const { name } = await presentPerson(people, wanted.person ?? asking.person);
      if (!isSamePerson(name, asking.person) && !(await isAdmin())) {
        throw new ServiceError(
          'AccessDeniedException',
          'Only an admin asks for keys of others. Read docs/accountability.md#roles.',
        );
      }
      const calling = await keys.find(asking.accessKeyId);
      const purposes = purposesOf(wanted.purposes ?? calling?.purposes.slice(0, 1) ?? [purposeNames[0]], parts.policy);
      const operations = wanted.operations ?? listed(calling?.operations);
      const collections = wanted.collections ?? listed(calling?.collections);
      const parameters: KeyParameters = {
        person: name,
        purposes,
        ...(operations && { operations }),
        ...(collections && { collections }),
        ...(wanted.expiresInSeconds !== undefined && { expiresInSeconds: wanted.expiresInSeconds }),
      };
      if (calling !== undefined) requireNoMore(parameters, calling, clock());
      return control.run('create-key', { ...parameters });
    },
    async list() {
      const admin = await isAdmin();
      return (await keys.list())
        .filter((key) => admin || isSamePerson(key.person, asking.person))
        .map(({ secretAccessKey: _secret, sessionToken: _token, revokedAtMs, ...key }) => {
          const expired = key.expiresAtMs !== undefined && key.expiresAtMs <= clock();
          return { ...key, state: revokedAtMs !== undefined ? 'revoked' : expired ? 'expired' : 'serving' };
        });
    },
    async revoke(accessKeyId) {
      const key = await keys.find(accessKeyId);
      const theirs = key !== undefined && ((await isAdmin()) || isSamePerson(key.person, asking.person));
      if (theirs && (await keys.revoke(accessKeyId, clock()))) return;
      throw new ServiceError('ResourceNotFoundException', `There is no serving key ${accessKeyId}.`);
    },
  };
}

async function presentPerson(people: People, name: string): Promise<{ readonly name: string }> {
  const person = await people.find(name);
  if (person?.active) return person;
  throw new ServiceError(
    'ResourceNotFoundException',
    `There is no person '${name}'. Add them first: likeness people add.`,
  );
}

function purposesOf(wanted: readonly string[], policy: Policy): readonly string[] {
  if (wanted.length === 0) {
    throw new ServiceError(
      'InvalidParameterException',
      `A key has at least one purpose of: ${purposeNames.join(', ')}.`,
    );
  }
  return wanted.map((purpose) => {
    const declared = declaredPurpose(policy, purpose);
    if (declared.kind === 'ok') return declared.purpose;
    if (declared.kind === 'refused') {
      const { rule, id, readAt } = declared.refused;
      throw new ServiceError('AccessDeniedException', `${rule} No setting changes this. Rule: ${id}; see ${readAt}.`);
    }
    throw new ServiceError(
      'InvalidParameterException',
      `There is no purpose '${purpose}'; the purposes are ${purposeNames.join(', ')}.`,
    );
  });
}

const listed = (names: readonly string[] | '*' | undefined) => (names === '*' ? undefined : names);

/** A key that is limited must not be the way to one that is not. */
function requireNoMore(wanted: KeyParameters, calling: KeyRecord, nowMs: number): void {
  const beyond = (names: readonly string[] | undefined, allowed: readonly string[] | '*') =>
    allowed !== '*' && (names === undefined || names.some((name) => !allowed.includes(name)));
  const outlives =
    calling.expiresAtMs !== undefined &&
    (wanted.expiresInSeconds === undefined || nowMs + wanted.expiresInSeconds * 1_000 > calling.expiresAtMs);
  const more = [
    ...(beyond(wanted.operations, calling.operations) ? ['operations'] : []),
    ...(beyond(wanted.collections, calling.collections) ? ['collections'] : []),
    ...(beyond(wanted.purposes, calling.purposes) ? ['purposes'] : []),
    ...(outlives ? ['a longer life'] : []),
  ];
  if (more.length === 0) return;
  throw new ServiceError(
    'AccessDeniedException',
    `The new key would have ${more.join(' and ')} that the calling key does not have. Read docs/accountability.md#roles.`,
  );
}
