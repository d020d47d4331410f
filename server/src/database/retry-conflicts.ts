import { isRetryable } from './translate-error.ts';

/** A deadlock ends with the next attempt. A third failure is a fault. */
const attemptsMax = 3;

/** Runs a transaction, and runs it again after a deadlock. */
export async function retryConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attemptsMax || !isRetryable(error)) throw error;
    }
  }
}
