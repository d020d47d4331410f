/** Lets everything that waits have its turn: timers, sockets, an eviction. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
