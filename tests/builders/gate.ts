import {
  type AnyOperation,
  type AuditRecord,
  type Call,
  type Caller,
  type Capabilities,
  type CapabilityName,
  type ConsentLedger,
  createAuditLog,
  createForwardClock,
  createGate,
  createSearchBudgets,
  type GateParts,
  type GateSettings,
  type Grant,
  type GrantNotes,
  loadPolicy,
  renderAuditRecord,
} from '../../src/governance/index.ts';
import { type RoleName, roleNames } from '../../src/shared/role-names.ts';
import type { AuditEntry, AuditStore, CollectionRecord } from '../../src/stores/ports/index.ts';

/** An audit store in memory; `fail` makes the next appends reject while it returns true for the body. */
export function memoryAuditStore(options: { together?: boolean; fail?: (body: string) => boolean } = {}): AuditStore & {
  readonly kept: AuditEntry[];
  readonly batches: number[];
} {
  const kept: AuditEntry[] = [];
  const batches: number[] = [];
  const refuse = (entries: readonly AuditEntry[]): void => {
    if (entries.some((entry) => options.fail?.(entry.body))) throw new Error('the disk is full');
  };
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    kept,
    batches,
    async append(seal) {
      await pause();
      const entry = seal(kept.at(-1));
      refuse([entry]);
      batches.push(1);
      kept.push(entry);
      return entry;
    },
    ...(options.together && {
      async appendAll(seal: (last: AuditEntry | undefined) => readonly AuditEntry[]) {
        await pause();
        const entries = seal(kept.at(-1));
        refuse(entries);
        batches.push(entries.length);
        kept.push(...entries);
        return entries;
      },
    }),
    last: async () => kept.at(-1),
    read: async ({ afterSequence, limit }) => kept.filter((entry) => entry.sequence > afterSequence).slice(0, limit),
  };
}

/** A collection of a purpose. */
export function collectionOf(purpose: string, id = 'c'): CollectionRecord {
  return { id, purpose, modelVersion: 'm', createdAtMs: 0, faceCount: 0, userCount: 0 };
}

/** A key that may do everything under every purpose, except as said. */
export function callerWith(differences: Partial<Caller> = {}): Caller {
  return {
    accessKeyId: 'AKTEST',
    person: 'operator',
    operations: '*',
    collections: '*',
    purposes: [
      'photo-library',
      'media-archive',
      'identity-verification',
      'access-control',
      'family-reunification',
      'evaluation',
    ],
    ...differences,
  };
}

/** What an operation under test got. */
export interface Ran {
  readonly operation: string;
  readonly grant: Grant;
  readonly granted: Readonly<Record<string, unknown>>;
}

/** A gate over memory whose operations note that they ran; every part can be replaced. */
export function gateBench(
  options: {
    collections?: readonly CollectionRecord[];
    settings?: Partial<GateSettings>;
    /** Of everyone who calls, or of each person by name; every role when absent. */
    roles?: readonly RoleName[] | Readonly<Record<string, readonly RoleName[]>>;
    consent?: ConsentLedger;
    auditStore?: ReturnType<typeof memoryAuditStore>;
    needs?: readonly CapabilityName[];
    run?: (ran: Ran & { notes: GrantNotes; signal: AbortSignal }) => unknown;
    capabilitiesFor?: GateParts['capabilitiesFor'];
    parts?: Partial<GateParts>;
  } = {},
) {
  const auditStore = options.auditStore ?? memoryAuditStore();
  const collections = new Map((options.collections ?? []).map((record) => [record.id, record]));
  const policy = loadPolicy();
  const ran: Ran[] = [];
  const lookedUp: string[] = [];
  const roles = options.roles ?? roleNames;
  let nowMs = 1_000_000;
  let ids = 0;
  let given: { grant: Grant; notes: GrantNotes } | undefined;

  const operation = (name: string): AnyOperation => ({
    name,
    needs: (options.needs ?? []) as readonly never[],
    async run(_request, granted, context) {
      if (given === undefined) throw new Error('the operation ran before its capabilities were built');
      const seen: Ran = { operation: name, grant: given.grant, granted: granted as Record<string, unknown> };
      ran.push(seen);
      return (await options.run?.({ ...seen, notes: given.notes, signal: context.signal })) ?? {};
    },
  });
  const operations = Object.fromEntries(
    [
      ...['DetectFaces', 'CompareFaces', 'IndexFaces', 'ListFaces', 'DeleteFaces', 'SearchFaces', 'SearchFacesByImage'],
      ...['CreateCollection', 'DescribeCollection', 'ListCollections', 'DeleteCollection'],
      ...['CreateUser', 'DeleteUser', 'AssociateFaces', 'DisassociateFaces', 'SearchUsers', 'SearchUsersByImage'],
      ...['TagResource', 'UntagResource', 'ListTagsForResource', 'GetPolicy', 'ListAuditRecords', 'VerifyAudit'],
    ].map((name) => [name, operation(name)]),
  );
  const dispatch = createGate({
    policy,
    audit: createAuditLog({ store: auditStore, clock: () => nowMs, node: 'node-1' }),
    settings: {
      defaultPurpose: 'photo-library',
      photoLibraryAttributes: [],
      region: 'us-east-1',
      accountId: '000000000000',
      grantMs: 60_000,
      ...options.settings,
    },
    async findCollection(id) {
      lookedUp.push(id);
      return collections.get(id);
    },
    clock: () => nowMs,
    ids: () => `decision-${++ids}`,
    budgets: createSearchBudgets({ clock: createForwardClock(() => nowMs) }),
    people: { rolesOf: async (person) => (isList(roles) ? roles : (roles[person] ?? [])) },
    operations,
    async capabilitiesFor(grant, needs, notes, collection) {
      given = { grant, notes };
      return (
        (await options.capabilitiesFor?.(grant, needs, notes, collection)) ??
        (Object.fromEntries(needs.map((need) => [need, {}])) as Partial<Capabilities>)
      );
    },
    ...(options.consent && { consent: options.consent }),
    ...options.parts,
  });
  return {
    policy,
    collections,
    ran,
    lookedUp,
    auditStore,
    records: (): AuditRecord[] => auditStore.kept.map(renderAuditRecord),
    pass(ms: number) {
      nowMs += ms;
    },
    call(name: string, request: unknown = {}, caller: Caller = callerWith(), signal = new AbortController().signal) {
      const call: Call = { requestId: 'request-1', caller, operation: name, request, signal };
      return dispatch(call);
    },
  };
}

function isList(
  roles: readonly RoleName[] | Readonly<Record<string, readonly RoleName[]>>,
): roles is readonly RoleName[] {
  return Array.isArray(roles);
}

/** The error of a call that must fail: its code and message. */
export async function refusalOf(answer: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await answer;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
  throw new Error('the call was answered');
}
