import type { AuthProviderRecord } from '@rollcall/protocol';

/** Days before the end of a certificate on which the owners are mailed, the last one first. */
export const warningDays = [1, 7, 30] as const;
const dayMs = 24 * 60 * 60 * 1_000;

/** A mail to the owners that is due. */
export interface CertificateWarning {
  readonly fingerprint: string;
  /** ISO 8601 */
  readonly notAfter: string;
  /** One of 30, 7 and 1. A warning that could not be sent in time is skipped for the next one. */
  readonly days: number;
}

/**
 * The warning about the certificate of an active provider that is valid longest. A certificate
 * that ends earlier needs no warning, because the provider already has its successor.
 * @param now ISO 8601
 */
export function certificateWarningOf(provider: AuthProviderRecord | null, now: string): CertificateWarning | null {
  if (provider?.status !== 'active') return null;
  const [last] = provider.certificates.toSorted((a, b) => Date.parse(b.notAfter) - Date.parse(a.notAfter));
  if (!last) return null;
  const msLeft = Date.parse(last.notAfter) - Date.parse(now);
  const days = warningDays.find((step) => msLeft <= step * dayMs);
  return msLeft <= 0 || days === undefined ? null : { ...last, days };
}
