import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats the assertion until it doesn't throw, and returns its result. After the timeout, it
 * rethrows the last error with the waiting time added to the message. An assertion that hangs
 * counts as failed after the timeout. Give `assert.ok` a message: to make one itself, Node parses
 * the test's source, which can block the process for a minute. The interval grows to a tenth of the
 * time waited, up to 200 ms, so that a long wait leaves the processor to what it waits for.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, { timeoutMs = 10_000, intervalMs = 10 } = {}): Promise<T> {
  const startedAt = performance.now();
  const waited = () => Math.round(performance.now() - startedAt);
  const timeUp = new AbortController();
  const hung = sleep(timeoutMs, undefined, { signal: timeUp.signal, ref: true }).then(() => {
    throw new Error('the assertion did not finish');
  });
  // It isn't awaited between two attempts.
  hung.catch(() => {});

  try {
    for (let lastError: unknown; ; ) {
      try {
        return await Promise.race([assertion(), hung]);
      } catch (error) {
        // The first real error is more helpful than a later attempt that hung.
        lastError = waited() >= timeoutMs && lastError ? lastError : error;
      }
      const pauseMs = Math.max(intervalMs, Math.min(waited() / 10, 200));
      if (waited() + pauseMs >= timeoutMs) throw withNote(lastError, `still so after ${waited()} ms`);
      await sleep(pauseMs);
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
