import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

/** A certificate with which an identity provider signs. */
export interface IdpCertificate {
  readonly pem: string;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
  /** ISO 8601 with microseconds. */
  readonly notAfter: string;
}

const pemPattern = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----$/;
const base64Pattern = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/**
 * Reads one certificate in PEM or in base64 without the lines around it, as metadata and many
 * identity providers show it. Null for any other text.
 */
export function readCertificate(text: string): IdpCertificate | null {
  const trimmed = text.trim();
  const [, base64 = trimmed] = pemPattern.exec(trimmed) ?? [];
  return base64Pattern.test(base64) ? parseCertificate(Buffer.from(base64, 'base64')) : null;
}

/** Bits. Providers use 2,048 to 4,096. */
const modulusBitsMax = 8_192;
/** Almost all keys have 65,537. */
const exponentMax = 2n ** 32n;

/**
 * Whether a signature by the key is verified within a millisecond. An organization can enter any
 * key, and with some the verification would take twenty.
 */
function isFastKey({ asymmetricKeyDetails: { modulusLength = 0, publicExponent = 0n } = {} }: KeyObject): boolean {
  return modulusLength <= modulusBitsMax && publicExponent <= exponentMax;
}

/**
 * The key of a certificate that verifies signatures by RSA. Null for another kind of key, and for
 * an unusual one that an older version stored.
 */
export function signatureKeyOf(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType?.startsWith('rsa') && isFastKey(key) ? key : null;
  } catch {
    return null;
  }
}

/** Null if the bytes are not a certificate in DER, or if its key is unusually large. */
export function parseCertificate(bytes: Buffer): IdpCertificate | null {
  try {
    const certificate = new X509Certificate(bytes);
    if (!isFastKey(certificate.publicKey)) return null;
    const notAfter = new Date(certificate.validTo).toISOString().replace('Z', '000Z');
    return { pem: certificate.toString(), fingerprint: certificate.fingerprint256, notAfter };
  } catch {
    return null;
  }
}
