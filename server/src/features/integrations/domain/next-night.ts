const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The readings are spread from 1:00 to 5:00 UTC, so that providers don't get all at once. */
const beginsAtHour = 1;
const hours = 4;

/**
 * The time of the nightly reading of a directory, as ISO 8601.
 * @param chance 0 to 1: the moment within the night
 */
export function nextNight(now: number, chance: number): string {
  const today = Math.floor(now / dayMs) * dayMs;
  const at = today + (beginsAtHour + chance * hours) * hourMs;
  // After a reading during the night, the next one is due in the following night.
  return new Date(now < today + beginsAtHour * hourMs ? at : at + dayMs).toISOString();
}
