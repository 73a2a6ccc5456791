import type { PurposeName } from '../policy/index.ts';

/** Whose consent is asked for: a subject as the operator names it (ExternalImageId or UserId), for one purpose. */
export interface ConsentSubject {
  readonly purpose: PurposeName;
  readonly collectionId: string;
  readonly subject: string;
}

/** A receipt that holds at the time of asking. */
export interface ConsentReceipt {
  readonly receiptId: string;
}

/** Knows which subjects consented to what. */
export interface ConsentLedger {
  /** The receipt that is active now: granted, neither expired nor withdrawn nor objected to, its signature good. */
  activeReceipt(subject: ConsentSubject): Promise<ConsentReceipt | undefined>;
  /** The purpose of any receipt, ended or not. */
  purposeOfReceipt?(receiptId: string): Promise<PurposeName | undefined>;
}

/** The ledger of a gate that was given none: no subject has a receipt. */
export const emptyConsentLedger: ConsentLedger = {
  activeReceipt: async () => undefined,
};
