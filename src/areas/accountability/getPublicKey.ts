import { defineOwnOperation } from '../../governance/index.ts';

/** Tells the key that verifies what this server signs. */
export const getPublicKey = defineOwnOperation('GetPublicKey', ['publicKey'], async (_request, { publicKey }) => ({
  keyId: publicKey.keyId,
  publicKeyPem: publicKey.publicKeyPem,
}));
