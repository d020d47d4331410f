/** A time in the form of a `datetime-local` field: in the browser's time zone, without seconds. */
export function expiryFieldOf(expiresAt: string | null): string {
  if (expiresAt === null) return '';
  const date = new Date(expiresAt);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The time in the field. An unedited field keeps `before`, which may have seconds. */
export function expiryIn(field: string, before: string | null): string | null {
  if (field === expiryFieldOf(before)) return before;
  return field === '' ? null : new Date(field).toISOString();
}
