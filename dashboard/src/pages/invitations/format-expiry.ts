const units = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

export interface Expiry {
  /** "Expires in 12 days". */
  readonly text: string;
  readonly isExpired: boolean;
  /** Expires within two days. */
  readonly isSoon: boolean;
}

const soonMs = 2 * 86_400_000;

export function formatExpiry(expiresAt: string | null, now: number): Expiry {
  if (expiresAt === null) return { text: 'Never expires', isExpired: false, isSoon: false };
  const leftMs = Date.parse(expiresAt) - now;
  const isExpired = leftMs <= 0;
  const unit = units.find(({ ms }) => Math.abs(leftMs) >= ms);
  const words = unit ? relative.format(Math.round(leftMs / unit.ms), unit.name) : isExpired ? 'just now' : 'within a minute';
  return { text: `${isExpired ? 'Expired' : 'Expires'} ${words}`, isExpired, isSoon: !isExpired && leftMs < soonMs };
}
