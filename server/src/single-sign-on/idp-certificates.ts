import { X509Certificate } from 'node:crypto';

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

/** Null if the bytes are not a certificate in DER. */
export function parseCertificate(bytes: Buffer): IdpCertificate | null {
  try {
    const certificate = new X509Certificate(bytes);
    const notAfter = new Date(certificate.validTo).toISOString().replace('Z', '000Z');
    return { pem: certificate.toString(), fingerprint: certificate.fingerprint256, notAfter };
  } catch {
    return null;
  }
}
