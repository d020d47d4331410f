/** Monotonic milliseconds since an arbitrary origin. */
export type Clock = () => number;

/**
 * If the wall clock gains this much on the monotonic clock, the machine slept. Adjustments of the
 * clock are smaller.
 */
const sleepMsMin = 1_000;

/**
 * A monotonic clock that includes the time during which the machine slept. On several systems,
 * `performance.now()` doesn't advance during sleep, and a laptop opened in the morning would treat
 * last night's state as fresh.
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
