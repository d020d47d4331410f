import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats the assertion until it doesn't throw and gives what it returned. When the time is up, rethrows its last
 * error with the time waited added to the message. An assertion that hangs counts as failed when the time is up.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, { timeoutMs = 5_000, intervalMs = 10 } = {}): Promise<T> {
  const startedAt = performance.now();
  const waited = () => Math.round(performance.now() - startedAt);
  const timeUp = new AbortController();
  const hung = sleep(timeoutMs, undefined, { signal: timeUp.signal, ref: true }).then(() => {
    throw new Error('the assertion did not settle');
  });
  // Nobody awaits it between two tries.
  hung.catch(() => {});

  try {
    for (let lastError: unknown; ; ) {
      try {
        return await Promise.race([assertion(), hung]);
      } catch (error) {
        // The first real complaint says more than that a later try hung.
        lastError = waited() >= timeoutMs && lastError ? lastError : error;
      }
      if (waited() + intervalMs >= timeoutMs) throw withNote(lastError, `still so after ${waited()} ms`);
      await sleep(intervalMs);
    }
  } finally {
    timeUp.abort();
  }
}

/** Changes the message in place, so that an AssertionError keeps its class, code and diff. */
function withNote(error: unknown, note: string): unknown {
  if (!(error instanceof Error)) return new Error(`${String(error)} (${note})`, { cause: error });
  error.message = `${error.message} (${note})`;
  return error;
}
