import {
  type AuditReader,
  createTransparencyCount,
  type Policy,
  signTransparencyReport,
  type TransparencyReporter,
} from '../governance/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Signer } from '../shared/signing.ts';

const page = 1_000;

/** Makes transparency reports from the audit log, which is verified first. */
export function createTransparencyReporter(parts: {
  readonly audit: AuditReader;
  readonly policy: Policy;
  readonly signer: Signer;
  readonly clock: () => number;
}): TransparencyReporter {
  const { audit, policy, signer, clock } = parts;
  return {
    async report(period, signal) {
      const verdict = await audit.verify({ signal });
      const count = createTransparencyCount(period);
      for (let afterSequence = 0; ; ) {
        signal.throwIfAborted();
        const records = await audit.read({ afterSequence, limit: page });
        for (const record of records) count.add(record);
        const last = records.at(-1);
        if (last === undefined || last.sequence <= afterSequence) break;
        afterSequence = last.sequence;
      }
      const report = signTransparencyReport(signer, count.report({ policy, verdict, nowMs: clock() }));
      return { report: canonicalJson(report), publicKeyPem: signer.publicKeyPem };
    },
  };
}
