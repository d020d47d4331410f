const units = [
  { name: 'year', ms: 365 * 86_400_000 },
  { name: 'month', ms: 30 * 86_400_000 },
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** "3 minutes ago". */
export function formatAge(ms: number): string {
  const unit = units.find((one) => ms >= one.ms);
  return unit ? relative.format(-Math.floor(ms / unit.ms), unit.name) : 'just now';
}

/** "in 3 hours". */
export function formatTimeUntil(ms: number): string {
  const unit = units.find((one) => ms >= one.ms);
  return unit ? relative.format(Math.round(ms / unit.ms), unit.name) : 'any moment now';
}

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

/** "Nov 24, 2026, 3:14:07 PM". */
export function formatDateTime(iso: string): string {
  return exact.format(new Date(iso));
}

/** "Nov 24, 2026". */
export function formatDate(iso: string): string {
  return absolute.format(new Date(iso));
}
