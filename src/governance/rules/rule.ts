import { collectionArn, type ErrorCode } from '../../contract/index.ts';
import type { RoleName } from '../../shared/role-names.ts';
import type { CollectionRecord } from '../../stores/ports/index.ts';
import type { SearchBudgets } from '../budgets/index.ts';
import type { Call } from '../call.ts';
import type { ConsentLedger } from '../consent/ledger.ts';
import type { Policy, PurposeRow } from '../policy/index.ts';
import type { Target } from '../target.ts';

/** A call about to be judged. */
export interface Question {
  readonly call: Call;
  readonly target: Target;
  /** Of the person who calls, at this moment; empty for one who is nobody here. */
  readonly roles: readonly RoleName[];
  readonly account: { readonly region: string; readonly accountId: string };
}

/** A call whose purpose is known. */
export interface PurposeQuestion extends Question {
  readonly purpose: PurposeRow;
  /** The collection that the call is about, where there is one already. */
  readonly collection?: CollectionRecord;
}

/** What a rule may look at beside the question. */
export interface RuleParts {
  readonly policy: Policy;
  readonly consent: ConsentLedger;
  readonly budgets: SearchBudgets;
}

/** Why a call does not run. */
export interface Refusal {
  /** The rule's name, as the audit keeps it. */
  readonly rule: string;
  readonly code: ErrorCode;
  /** Reaches the client as it is. */
  readonly message: string;
}

/** What a rule thinks of a call: a refusal without its name, or nothing. */
export type Objection = Omit<Refusal, 'rule'> & {
  /** Says which part of the rule objected, such as the refused class. */
  readonly detail?: string;
};

/** One rule: the first that objects decides. One that throws refuses too, for nothing runs unjudged. */
export interface Rule<Asked extends Question> {
  readonly name: string;
  judge(question: Asked, parts: RuleParts): Objection | undefined | Promise<Objection | undefined>;
}

/** AWS's AccessDeniedException, with the reason after it where there is one to give. */
export function accessDenied({ call, target, account }: Question, why?: string, detail?: string): Objection {
  const user = `arn:aws:iam::${account.accountId}:user/${call.caller.person}`;
  const resource = target.kind === 'none' ? '*' : collectionArn(account, target.collectionId);
  const message = `User: ${user} is not authorized to perform: rekognition:${call.operation} on resource: ${resource}`;
  return {
    code: 'AccessDeniedException',
    message: why === undefined ? message : `${message}. ${why}`,
    ...(detail !== undefined && { detail }),
  };
}
