import { describe, expect, it } from 'vitest';
import { callerWith, gateBench } from '../../tests/builders/gate.ts';
import { purposeOf } from './purpose-of.ts';

const access = { purpose: 'access-control' };
const media = { purpose: 'media-archive' };

async function found(operation: string, request: object, purposes = ['photo-library', 'access-control']) {
  const { policy } = gateBench();
  const answer = await purposeOf(
    {
      call: {
        requestId: 'r',
        caller: callerWith({ purposes }),
        operation,
        request,
        signal: new AbortController().signal,
      },
      target: { kind: 'none' },
      roles: [],
      account: { region: 'us-east-1', accountId: '000000000000' },
    } as unknown as Parameters<typeof purposeOf>[0],
    {
      policy,
      defaultPurpose: 'photo-library',
      findCollection: async () => undefined,
      purposeOfToken: async () => undefined,
      purposeOfReceipt: async (id) => (id === 'receipt-1' ? 'access-control' : undefined),
    },
  );
  return answer.kind === 'found' ? answer.purpose.name : answer.kind;
}

describe('the purpose of a call about consent', () => {
  it('is the one that the request, its rows or its receipt name, so that a report counts it there', async () => {
    expect(await found('GrantConsent', access)).toBe('access-control');
    expect(await found('EraseSubject', access)).toBe('access-control');
    expect(await found('ImportConsents', { rows: [access, access] })).toBe('access-control');
    expect(await found('WithdrawConsent', { receiptId: 'receipt-1' })).toBe('access-control');
  });

  it("is the key's first where several or none are named, or one that the key does not list", async () => {
    expect(await found('ImportConsents', { rows: [access, media] })).toBe('photo-library');
    expect(await found('GrantConsent', { purpose: 'door' })).toBe('photo-library');
    expect(await found('GrantConsent', media)).toBe('photo-library');
    expect(await found('WithdrawConsent', { receiptId: 'unknown' })).toBe('photo-library');
  });

  it('is not taken from the request by any other call', async () => {
    expect(await found('DetectFaces', access)).toBe('photo-library');
  });
});
