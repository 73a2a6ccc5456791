import { ServiceError } from '../contract/index.ts';
import type { RoleName } from '../shared/role-names.ts';
import type { CollectionRecord } from '../stores/ports/index.ts';
import type { AuditLog, AuditRecordDraft } from './audit/index.ts';
import type { SearchBudgets } from './budgets/index.ts';
import type { Answer, Call, Dispatch } from './call.ts';
import type { Capabilities, CapabilityName } from './capabilities.ts';
import { type ConsentLedger, emptyConsentLedger } from './consent/ledger.ts';
import type { Grant } from './grant.ts';
import { createNotes, type GrantNotes, type NotedUse } from './notes.ts';
import type { AnyOperation } from './operation.ts';
import type { RoleBook } from './people/index.ts';
import {
  declaredPurpose,
  type Policy,
  PolicyError,
  type PurposeName,
  type PurposeRow,
  type SensitiveAttribute,
  sensitiveAttributes,
} from './policy/index.ts';
import { purposeOf } from './purpose-of.ts';
import { judge, keyRules, purposeRules, type Question, type Refusal } from './rules/index.ts';
import { targetOf } from './target.ts';

/** Settings of the gate. None of them can lower a floor, lift a duty or allow a refused class. */
export interface GateSettings {
  /** The purpose of a collection made without the tag `likeness:purpose`. */
  readonly defaultPurpose: PurposeName;
  /** Released where the purpose leaves it to the operator (photo-library), never for minors. */
  readonly photoLibraryAttributes: readonly SensitiveAttribute[];
  readonly region: string;
  readonly accountId: string;
  /** The gallery of public figures; absent: nobody is recognised. */
  readonly celebrityCollection?: string;
  /** How long a grant holds, milliseconds. */
  readonly grantMs: number;
}

/** What the gate works with. */
export interface GateParts {
  readonly policy: Policy;
  readonly audit: Pick<AuditLog, 'append'>;
  /** Who may do what. */
  readonly people: RoleBook;
  readonly budgets: SearchBudgets;
  readonly settings: GateSettings;
  /** @param options.evenDamaged finds one in quarantine too */
  findCollection(
    collectionId: string,
    options?: { readonly evenDamaged: boolean },
  ): Promise<CollectionRecord | undefined>;
  /** The purpose of the receipt that a person has the token of; absent: no token opens anything. */
  readonly purposeOfToken?: (token: string) => Promise<PurposeName | undefined>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A fresh id for each decision. */
  readonly ids: () => string;
  /** Every operation by its name, the areas' and Likeness' own. */
  readonly operations: Readonly<Record<string, AnyOperation>>;
  /**
   * Builds what a grant allows. Only `needs` are used. Whatever meets a face goes through the wrappers of
   * governance/enforce with this grant and these notes.
   * @param collection the granted collection's record, where it exists already
   */
  capabilitiesFor(
    grant: Grant,
    needs: readonly CapabilityName[],
    notes: GrantNotes,
    collection: CollectionRecord | undefined,
  ): Partial<Capabilities> | Promise<Partial<Capabilities>>;
  /** Default: {@link emptyConsentLedger}. */
  readonly consent?: ConsentLedger;
  /** Puts errors of stores, vision and sources into AWS's terms; undefined for those that stay unexpected. */
  readonly translateError?: (error: unknown, request: unknown) => ServiceError | undefined;
}

type Verdict = { readonly roles?: readonly RoleName[] } & (
  | {
      readonly kind: 'granted';
      readonly purpose: PurposeRow;
      readonly collection?: CollectionRecord;
      readonly collectionId?: string;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      readonly cause?: unknown;
      readonly purpose?: PurposeRow;
      readonly collectionId?: string;
    }
);

/**
 * Makes the gate: the one function through which every operation runs. It decides by the rules, writes the decision
 * to the audit before anything runs, hands the operation the capabilities of its grant, and releases the answer only
 * after the outcome was written.
 *
 * Each call throws {ServiceError} as the rule or the operation says; InternalServerError when the audit could not be
 * written; and whatever unexpected error the operation threw.
 *
 * @throws {PolicyError} when a setting names no purpose
 */
export function createGate(parts: GateParts): Dispatch {
  const { policy, audit, people, settings, clock, ids, operations } = parts;
  const consent = parts.consent ?? emptyConsentLedger;
  if (declaredPurpose(policy, settings.defaultPurpose).kind !== 'ok') {
    throw new PolicyError(`the configured default purpose '${settings.defaultPurpose}' is not one of its purposes`);
  }

  async function decide(call: Call): Promise<Verdict> {
    if (!Object.hasOwn(operations, call.operation)) {
      return refusedBy(
        'operation-exists',
        new ServiceError('UnknownOperationException', 'This version does not compute this operation.'),
      );
    }
    let collectionId: string | undefined;
    let roles: readonly RoleName[] | undefined;
    try {
      roles = await people.rolesOf(call.caller.person);
      let target = targetOf(call, settings);
      if (target.kind !== 'none') collectionId = target.collectionId;
      let question: Question = { call, target, roles, account: settings };
      const ruleParts = { policy, consent, budgets: parts.budgets };
      const named = { roles, ...(collectionId !== undefined && { collectionId }) };
      const keyRefusal = await judge(keyRules, question, ruleParts);
      if (keyRefusal) return { kind: 'refused', refusal: keyRefusal, ...named };
      const found = await purposeOf(question, {
        policy,
        defaultPurpose: settings.defaultPurpose,
        // Deleting is what its owner may still do with a collection in quarantine.
        findCollection: (id) => parts.findCollection(id, { evenDamaged: call.operation === 'DeleteCollection' }),
        purposeOfToken: async (token) => parts.purposeOfToken?.(token),
        purposeOfReceipt: async (receiptId) => consent.purposeOfReceipt?.(receiptId),
      });
      if (found.kind === 'refused') return { ...found, ...named };
      const { purpose, collection } = found;
      // A gallery that does not stand is not what the call runs on.
      if (target.kind === 'gallery' && collection === undefined) {
        collectionId = undefined;
        target = { kind: 'none' };
        question = { ...question, target };
      }
      const refusal = await judge(purposeRules, { ...question, purpose, ...(collection && { collection }) }, ruleParts);
      const judged = { roles, ...(collectionId !== undefined && { collectionId }) };
      if (refusal) return { kind: 'refused', refusal, purpose, ...judged };
      return { kind: 'granted', purpose, ...(collection && { collection }), ...judged };
    } catch (cause) {
      const error = cause instanceof ServiceError ? cause : parts.translateError?.(cause, call.request);
      return {
        ...refusedBy(
          error ? 'target-is-named' : 'judged',
          error ?? new ServiceError('InternalServerError', 'The call could not be judged, so nothing was run.'),
          cause,
        ),
        ...(roles && { roles }),
        ...(collectionId !== undefined && { collectionId }),
      };
    }
  }

  return async function dispatch(call: Call): Promise<Answer> {
    call.signal.throwIfAborted();
    const startedMs = clock();
    const decisionId = ids();
    const verdict = await decide(call);
    const about = {
      requestId: call.requestId,
      decisionId,
      actor: { person: call.caller.person, accessKeyId: call.caller.accessKeyId },
      ...(verdict.roles && { roles: verdict.roles }),
      operation: call.operation,
      ...(verdict.collectionId !== undefined && { collection: verdict.collectionId }),
      ...(verdict.purpose && { purpose: verdict.purpose.name }),
      policyDigest: policy.digest,
    };
    if (verdict.kind === 'refused') {
      const { rule, code, message } = verdict.refusal;
      await record(
        { ...about, kind: 'refusal', rule, code },
        'The audit record could not be written, so nothing was run.',
      );
      throw new ServiceError(code, message, { cause: verdict.cause });
    }
    await record({ ...about, kind: 'decision' }, 'The audit record could not be written, so nothing was run.');

    const notes = createNotes();
    const finish = (code?: string): Promise<void> => {
      const use = notes.read();
      return record(
        {
          ...about,
          kind: 'outcome',
          ...(code !== undefined && { code }),
          ...(use.rule !== undefined && { rule: use.rule }),
          ...(use.effectiveThreshold !== undefined && { effectiveThreshold: use.effectiveThreshold }),
          ...(use.withheld.length > 0 && { withheld: use.withheld }),
          ...(Object.keys(use.counts).length > 0 && { counts: use.counts }),
          ...(use.subjectCount > 0 && { subjects: use.subjects, subjectCount: use.subjectCount }),
          ...(use.probes.length > 0 && { probes: use.probes }),
          ...(use.reviewCase !== undefined && { case: use.reviewCase }),
          ...(use.proposal !== undefined && { proposal: use.proposal }),
          durationMs: Math.max(0, Math.round(clock() - startedMs)),
        },
        'The audit record could not be written, so the result is withheld.',
      );
    };
    let response: unknown;
    try {
      call.signal.throwIfAborted();
      response = await run(call, grantFor(call, verdict, decisionId), notes, verdict.collection);
      await requireSamePurpose(verdict.collection);
    } catch (error) {
      const known = error instanceof ServiceError ? error : parts.translateError?.(error, call.request);
      await finish(known ? known.code : call.signal.aborted ? 'cancelled' : 'InternalServerError');
      throw known ?? error;
    }
    await finish();
    return { response, headers: headersOf(policy, verdict.purpose, notes.read()) };
  };

  async function run(
    call: Call,
    grant: Grant,
    notes: GrantNotes,
    collection: CollectionRecord | undefined,
  ): Promise<unknown> {
    const operation = operationOf(call.operation);
    const built = await parts.capabilitiesFor(grant, operation.needs, notes, collection);
    const granted: Partial<Record<CapabilityName, unknown>> = {};
    for (const name of operation.needs as readonly CapabilityName[]) {
      if (built[name] === undefined) throw new Error(`the capability ${name} was not built for ${call.operation}`);
      granted[name] = built[name];
    }
    // The edge validated the request against the operation's shape, and `granted` holds just what its type names.
    return operation.run(call.request as never, granted as never, {
      requestId: call.requestId,
      purpose: grant.purpose,
      signal: call.signal,
    });
  }

  function grantFor(call: Call, verdict: Verdict & { kind: 'granted' }, decisionId: string): Grant {
    const { purpose, collectionId } = verdict;
    const issuedAtMs = clock();
    const needs: readonly CapabilityName[] = operationOf(call.operation).needs;
    return Object.freeze({
      decisionId,
      requestId: call.requestId,
      person: call.caller.person,
      accessKeyId: call.caller.accessKeyId,
      operation: call.operation,
      purpose: purpose.name,
      purposes: call.caller.purposes,
      scope: scopeOf(collectionId, needs, call.caller.collections),
      similarityFloor: purpose.similarityFloor,
      review: purpose.review,
      ...withheldBy(purpose, settings.photoLibraryAttributes),
      policyDigest: policy.digest,
      issuedAtMs,
      expiresAtMs: issuedAtMs + settings.grantMs,
    });
  }

  function operationOf(name: string): AnyOperation {
    const operation = operations[name];
    if (operation === undefined)
      throw new ServiceError('UnknownOperationException', 'This version does not compute this operation.');
    return operation;
  }

  /** A collection deleted and made again under another purpose while the call ran would be answered by the old rules. */
  async function requireSamePurpose(judged: CollectionRecord | undefined): Promise<void> {
    if (judged === undefined) return;
    const now = await parts.findCollection(judged.id);
    if (now !== undefined && now.purpose !== judged.purpose) {
      throw new ServiceError('ResourceNotFoundException', `The collection id: ${judged.id} does not exist`);
    }
  }

  async function record(draft: AuditRecordDraft, whenItFails: string): Promise<void> {
    try {
      await audit.append(draft);
    } catch (cause) {
      throw new ServiceError('InternalServerError', whenItFails, { cause });
    }
  }
}

/** What a purpose withholds from everyone, and what from minors only, given what the operator released. */
export function withheldBy(
  purpose: PurposeRow,
  released: readonly SensitiveAttribute[],
): Pick<Grant, 'withheldAttributes' | 'withheldFromMinors'> {
  const optional = sensitiveAttributes.filter((attribute) => purpose.attributes[attribute] === 'operator-option');
  const never = sensitiveAttributes.filter((attribute) => purpose.attributes[attribute] === 'never');
  return {
    withheldAttributes: [...never, ...optional.filter((attribute) => !released.includes(attribute))].sort(),
    withheldFromMinors: optional.filter((attribute) => released.includes(attribute)),
  };
}

function scopeOf(
  collectionId: string | undefined,
  needs: readonly CapabilityName[],
  collections: readonly string[] | '*',
): Grant['scope'] {
  if (collectionId !== undefined) return { kind: 'collection', collectionId };
  return needs.includes('collectionCatalog') || needs.includes('reviewDesk')
    ? { kind: 'account', collections }
    : { kind: 'none' };
}

function headersOf(policy: Policy, purpose: PurposeRow, use: NotedUse): Readonly<Record<string, string>> {
  return {
    'x-likeness-policy': policy.digest,
    'x-likeness-purpose': purpose.name,
    ...(use.thresholdRaised && { 'x-likeness-similarity-threshold': String(use.effectiveThreshold) }),
    ...(use.withheld.length > 0 && { 'x-likeness-withheld': use.withheld.join(',') }),
    ...(use.reviewCase !== undefined && { 'x-likeness-review-case': use.reviewCase }),
  };
}

function refusedBy(rule: string, error: ServiceError, cause?: unknown): Verdict & { kind: 'refused' } {
  return {
    kind: 'refused',
    refusal: { rule, code: error.code, message: error.message },
    ...(cause !== undefined && { cause }),
  };
}
