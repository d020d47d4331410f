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

/**
 * Bits of an RSA key. NIST SP 800-57 allows no shorter one than 2,048. Providers use up to 4,096,
 * and the signatures of longer keys than 8,192 are slow to verify.
 */
export const modulusBits = { min: 2_048, max: 8_192 } as const;
/** Almost all keys have 65,537. */
const exponentMax = 2n ** 32n;

/**
 * Whether a key is long enough, and a signature by it is verified within a millisecond. An
 * organization can enter any key, and with some the verification would take twenty.
 */
function isUsableKey({ asymmetricKeyType, asymmetricKeyDetails: { modulusLength = 0, publicExponent = 0n } = {} }: KeyObject): boolean {
  if (!asymmetricKeyType?.startsWith('rsa')) return true;
  return modulusLength >= modulusBits.min && modulusLength <= modulusBits.max && publicExponent <= exponentMax;
}

/**
 * The key of a certificate that verifies signatures by RSA. Null for another kind of key, and for
 * an unusual one that an older version stored.
 */
export function signatureKeyOf(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType?.startsWith('rsa') && isUsableKey(key) ? key : null;
  } catch {
    return null;
  }
}

/** Null if the bytes are not a certificate in DER, or if its key is too short or too long. */
export function parseCertificate(bytes: Buffer): IdpCertificate | null {
  try {
    const certificate = new X509Certificate(bytes);
    if (!isUsableKey(certificate.publicKey)) return null;
    const notAfter = new Date(certificate.validTo).toISOString().replace('Z', '000Z');
    return { pem: certificate.toString(), fingerprint: certificate.fingerprint256, notAfter };
  } catch {
    return null;
  }
}
