import { isBiasReport, signBiasReport } from '../bias/index.ts';
import { ServiceError } from '../contract/index.ts';
import type { Policy, ReportSigner } from '../governance/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Signer } from '../shared/signing.ts';
import { readManifest } from '../vision/models/index.ts';

/** Signs bias reports with what this server says of itself, whatever the report says of it. */
export function createReportSigner(parts: {
  readonly signer: Signer;
  readonly policy: Policy;
  readonly software: string;
  readonly faceModelVersion: string;
  readonly clock: () => number;
}): ReportSigner {
  const { models, learned } = readManifest();
  const digests = [
    ...models.map(({ id, onnx }) => ({ id, sha256: onnx.sha256 })),
    ...learned.map(({ id, sha256 }) => ({ id, sha256 })),
  ];
  return {
    sign(text) {
      const report = parsed(text);
      if (!isBiasReport(report) || isTooDeep(report)) {
        throw new ServiceError(
          'InvalidParameterException',
          'Only a bias report is signed, as `likeness evaluate bias` makes it. Read docs/bias-report.md.',
        );
      }
      const signed = signBiasReport(parts.signer, report, {
        software: parts.software,
        signedAt: new Date(parts.clock()).toISOString(),
        policy: { version: parts.policy.version, digest: parts.policy.digest },
        faceModelVersion: parts.faceModelVersion,
        models: digests,
      });
      return { report: canonicalJson(signed), publicKeyPem: parts.signer.publicKeyPem };
    },
  };
}

/** Deeper than any report is; beyond, writing it out would run out of stack. */
const deepest = 64;

function isTooDeep(value: unknown, left = deepest): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((member) => isTooDeep(member, left - 1));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
