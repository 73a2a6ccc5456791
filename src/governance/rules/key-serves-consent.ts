import { purposeNames } from '../policy/index.ts';
import { textMember } from '../target.ts';
import { accessDenied, type PurposeQuestion, type Rule, type RuleParts } from './rule.ts';

/** The operations on receipts: they are about no collection, so their purpose stands in the request or the receipt. */
const onReceipts: ReadonlySet<string> = new Set([
  'GetConsent',
  'GrantConsent',
  'ImportConsents',
  'LiftObjection',
  'ListConsents',
  'RecordObjection',
  'WithdrawConsent',
]);

/** A key works on the consents of the purposes it lists only, whether the request names the purpose or a receipt. */
export const keyServesConsent: Rule<PurposeQuestion> = {
  name: 'key-serves-consent',
  async judge(question, parts) {
    const { call } = question;
    if (!onReceipts.has(call.operation)) return undefined;
    for (const purpose of await purposesOf(call.operation, call.request, parts)) {
      if (!call.caller.purposes.includes(purpose)) {
        return accessDenied(question, `The key does not list the purpose ${purpose}.`);
      }
    }
    return undefined;
  },
};

async function purposesOf(operation: string, request: unknown, { consent }: RuleParts): Promise<readonly string[]> {
  const receiptId = textMember(request, 'receiptId');
  const ofReceipt = receiptId === undefined ? undefined : await consent.purposeOfReceipt?.(receiptId);
  const named = textMember(request, 'purpose');
  const { rows = [] } = request as { readonly rows?: readonly unknown[] };
  const wanted = [named, ofReceipt, ...rows.map((row) => textMember(row, 'purpose'))];
  // A listing without a purpose is of all of them.
  if (operation === 'ListConsents' && named === undefined) return purposeNames;
  // What is no purpose is refused by the operation, which says why.
  return purposeNames.filter((name) => wanted.includes(name));
}
