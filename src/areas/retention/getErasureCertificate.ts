import { defineOwnOperation } from '../../governance/index.ts';

/** Tells the certificate of an erasure. */
export const getErasureCertificate = defineOwnOperation(
  'GetErasureCertificate',
  ['retention'],
  async ({ certificateId }, { retention }) => retention.certificate(certificateId),
);
