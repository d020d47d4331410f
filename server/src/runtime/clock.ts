/**
 * Time and event-loop scheduling, passed in so that the simulation can run a server on its own
 * time.
 */
export interface Clock {
  /** Milliseconds since an arbitrary moment. They never decrease. */
  now(): number;
  /** Milliseconds since 1970, to compare with stored times. May jump. */
  wallTime(): number;
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
  wallTime: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  afterTurn: (run) => void setImmediate(run),
};

/** The maximum of `setTimeout`, some 24 days. */
const timeoutMsMax = 2 ** 31 - 1;

/**
 * Runs once at a time in milliseconds since 1970, never before it. Times beyond the timer's maximum
 * are waited for in parts. The returned function cancels it.
 */
export function runAt(clock: Clock, at: number, run: () => void): () => void {
  let cancel = () => {};
  const wait = () => {
    const remainingMs = Math.max(0, at - clock.wallTime());
    cancel = clock.after(Math.min(remainingMs, timeoutMsMax), () => (clock.wallTime() < at ? wait() : run()));
  };
  wait();
  return () => cancel();
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Lets everything else that is due run first. */
export function yieldToLoop(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.afterTurn(resolve));
}
