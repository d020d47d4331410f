/**
 * The range of moments that this server accepts: the year has four digits in every time zone in
 * which PostgreSQL may show the moment. Earlier and later moments have a form that ISO 8601 parsers
 * do not accept, or no form at all.
 */
const earliestMs = Date.parse('0001-01-02T00:00:00Z');
const latestMs = Date.parse('9999-12-30T00:00:00Z');

/** Whether these milliseconds since the epoch are in that range. False for NaN. */
export function isMoment(milliseconds: number): boolean {
  return milliseconds >= earliestMs && milliseconds <= latestMs;
}
