/** Time and turns of the event loop, handed in, so that the simulation can run a server on time of its own. */
export interface Clock {
  /** Milliseconds that only grow, since some moment. */
  now(): number;
  /** Runs once, `ms` later, unless the result is called first. Keeps no process alive. */
  after(ms: number, run: () => void): () => void;
  /** Runs at the end of this turn, when everything that is due has had its own: timers, sockets, an eviction. */
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

/** Lets everything that waits have its turn. */
export function yieldToLoop(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.afterTurn(resolve));
}
