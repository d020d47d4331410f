/** Milliseconds that only grow, since some moment. */
export type Clock = () => number;

/** The wall clock gaining this much on the monotonic one is a machine that slept, not a clock being slewed. */
const sleepMsMin = 1_000;

/**
 * A monotonic clock that also counts the time a machine slept. `performance.now()` stands still then on several
 * systems, and a laptop opened in the morning would take last night's state for fresh.
 */
export function openClock(monotonic: Clock = () => performance.now(), wall: Clock = Date.now): Clock {
  let sleptMs = 0;
  let lead = wall() - monotonic();
  return () => {
    const now = monotonic();
    const gained = wall() - now - lead;
    if (Math.abs(gained) >= sleepMsMin) {
      lead += gained;
      sleptMs += Math.max(gained, 0);
    }
    return now + sleptMs;
  };
}
