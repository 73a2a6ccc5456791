import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { canonicalJson, sha256Hex } from './canonical-json.ts';

/** Signs what this server vouches for: receipts, certificates, checkpoints, exports, reports. Ed25519 (RFC 8032). */
export interface Signer {
  /** The beginning (16 hex digits) of the SHA-256 of the public key's DER; names the key in every signature. */
  readonly keyId: string;
  /** SPKI in PEM; all that a verifier needs. */
  readonly publicKeyPem: string;
  /** @returns 64 bytes */
  sign(bytes: Uint8Array): Uint8Array;
}

/** The signature of a document, as one of its members. */
export interface DocumentSignature {
  readonly algorithm: 'Ed25519';
  readonly keyId: string;
  /** Base64 of 64 bytes over the canonical JSON of the document without this member. */
  readonly value: string;
}

/** A document with its signature. */
export type Signed<Document> = Document & { readonly signature: DocumentSignature };

/** A fresh private key, PKCS#8 DER. A secret: it is kept sealed. */
export function makeSigningKey(): Uint8Array {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
}

/** A signer over a private key as {@link makeSigningKey} made it. @throws {Error} when it is no Ed25519 key */
export function createSigner(privateKeyDer: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.from(privateKeyDer), type: 'pkcs8', format: 'der' });
  const publicKey = createPublicKey(key);
  return {
    keyId: keyIdOf(publicKey),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => signBytes(null, bytes, key),
  };
}

/** Whether `signature` is the key's over these bytes; false for a key or signature that is none. */
export function verifySignature(publicKeyPem: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifyBytes(null, bytes, createPublicKey(publicKeyPem), signature);
  } catch {
    return false;
  }
}

/** The document with the signer's signature over its canonical JSON. */
export function signDocument<Document extends object>(signer: Signer, document: Document): Signed<Document> {
  const value = Buffer.from(signer.sign(Buffer.from(canonicalJson(document), 'utf8'))).toString('base64');
  return { ...document, signature: { algorithm: 'Ed25519', keyId: signer.keyId, value } };
}

/** Whether a document bears a signature of this key over all of its other members. */
export function verifyDocument(publicKeyPem: string, document: Signed<object>): boolean {
  const { signature, ...rest } = document;
  if (signature?.algorithm !== 'Ed25519' || typeof signature.value !== 'string') return false;
  return verifySignature(
    publicKeyPem,
    Buffer.from(canonicalJson(rest), 'utf8'),
    Buffer.from(signature.value, 'base64'),
  );
}

function keyIdOf(publicKey: KeyObject): string {
  return sha256Hex(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16);
}
