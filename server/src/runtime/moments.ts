/**
 * The moments that this server takes: four digits of a year, in every time zone that PostgreSQL may show them in. Earlier and
 * later ones have a form that parsers of ISO 8601 do not know, or none at all.
 */
const earliestMs = Date.parse('0001-01-02T00:00:00Z');
const latestMs = Date.parse('9999-12-30T00:00:00Z');

/** Whether these milliseconds since the epoch are such a moment. False for NaN. */
export function isMoment(milliseconds: number): boolean {
  return milliseconds >= earliestMs && milliseconds <= latestMs;
}
