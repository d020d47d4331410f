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

// `timeZoneName` can't be combined with `dateStyle` and `timeStyle`.
const exact = new Intl.DateTimeFormat('en', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** "Nov 24, 2026, 3:14:07 PM UTC", in the time zone of the browser. */
export function formatDateTime(iso: string): string {
  return exact.format(new Date(iso));
}

/** "Nov 24, 2026". */
export function formatDate(iso: string): string {
  return absolute.format(new Date(iso));
}
