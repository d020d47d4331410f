/**
 * Time and event-loop scheduling, passed in so that the simulation can run a server on its own
 * time.
 */
export interface Clock {
  /** Milliseconds since an arbitrary moment. They never decrease. */
  now(): number;
  /**
   * Runs once after `ms`, unless the returned function is called first. It does not keep the
   * process alive.
   */
  after(ms: number, run: () => void): () => void;
  /**
   * Runs at the end of this event-loop iteration, after everything else that is due: timers,
   * sockets, an eviction.
   */
  afterTurn(run: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  afterTurn: (run) => void setImmediate(run),
};

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Lets everything else that is due run first. */
export function yieldToLoop(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.afterTurn(resolve));
}
