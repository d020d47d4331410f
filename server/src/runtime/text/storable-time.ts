/**
 * The range of times that this server accepts: the year has four digits in every time zone in which
 * PostgreSQL may show the time. Other times have a form that ISO 8601 parsers do not accept, or no
 * form at all.
 */
const earliestMs = Date.parse('0001-01-02T00:00:00Z');
export const latestStorableMs = Date.parse('9999-12-30T00:00:00Z');

/** Whether these milliseconds since the epoch are in that range. False for NaN. */
export function isStorableTime(milliseconds: number): boolean {
  return milliseconds >= earliestMs && milliseconds <= latestStorableMs;
}
