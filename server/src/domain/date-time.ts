/**
 * Adds whole milliseconds to an ISO 8601 time in UTC. It keeps the microseconds, which a JavaScript
 * date would lose.
 */
export function addMilliseconds(dateTime: string, milliseconds: number): string {
  const micros = dateTime.slice(-4, -1);
  return `${new Date(Date.parse(dateTime) + milliseconds).toISOString().slice(0, -1)}${micros}Z`;
}
