import { expect, it } from 'vitest';
import { createSigner, makeSigningKey, signDocument, verifyDocument, verifySignature } from './signing.ts';

const signer = createSigner(makeSigningKey());

it('verifies a document however its members are ordered, and none that was changed', () => {
  const signed = signDocument(signer, { a: 1, b: [{ c: 'x' }] });
  expect(verifyDocument(signer.publicKeyPem, { signature: signed.signature, b: [{ c: 'x' }], a: 1 } as never)).toBe(
    true,
  );
  expect(verifyDocument(signer.publicKeyPem, { ...signed, a: 2 } as never)).toBe(false);
  expect(verifyDocument(signer.publicKeyPem, { ...signed, added: true } as never)).toBe(false);
});

it('takes no signature of another key, and no nonsense for one', () => {
  const signed = signDocument(createSigner(makeSigningKey()), { a: 1 });
  expect(verifyDocument(signer.publicKeyPem, signed)).toBe(false);
  expect(verifySignature('no key', new Uint8Array(1), new Uint8Array(64))).toBe(false);
  expect(verifyDocument(signer.publicKeyPem, { a: 1 } as never)).toBe(false);
});
