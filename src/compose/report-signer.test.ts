import { expect, it } from 'vitest';
import { loadPolicy } from '../governance/index.ts';
import { createSigner, makeSigningKey, verifyDocument } from '../shared/signing.ts';
import { createReportSigner } from './report-signer.ts';

const policy = loadPolicy();
const signer = createSigner(makeSigningKey());
const reports = createReportSigner({ signer, policy, software: 'likeness 9', faceModelVersion: '1.0', clock: () => 0 });
const report = {
  kind: 'likeness/bias-report',
  format: 1,
  protocol: {},
  data: { form: 'pairs', files: {} },
  measurement: {},
  cautions: [],
};

it('signs a bias report with its own word on models and policy, whatever the report says of them', () => {
  const boasting = { ...report, origin: { software: 'other', policy: { digest: 'none' } } };
  const signed = JSON.parse(reports.sign(JSON.stringify(boasting)).report);
  expect(signed.origin).toMatchObject({ software: 'likeness 9', policy: { digest: policy.digest } });
  expect(verifyDocument(signer.publicKeyPem, signed)).toBe(true);
});

it.each([
  ['no JSON', '{'],
  ['another document', JSON.stringify({ kind: 'consent', text: 'anything' })],
  ['a receipt dressed up', JSON.stringify({ ...report, kind: 'likeness/receipt' })],
  [
    'a bottomless one',
    JSON.stringify(report).replace('"measurement":{}', `"measurement":${'['.repeat(9_000)}${']'.repeat(9_000)}`),
  ],
])('refuses to sign %s', (_what, text) => {
  expect(() => reports.sign(text)).toThrow(expect.objectContaining({ code: 'InvalidParameterException' }));
});
