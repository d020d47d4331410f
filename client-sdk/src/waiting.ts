import { OrgError } from '@rollcall/protocol';
import { onAbort } from './abort-listeners.ts';
import type { Timers } from './timers.ts';

export interface WaitOptions {
  /** Rejects with `OrgError('aborted')` when it aborts. The `cause` is the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface CheckOptions extends WaitOptions {
  /**
   * The time in which the server must decide, in milliseconds and below 2^31. Includes retries.
   * Defaults to 2,000.
   */
  readonly timeoutMs?: number;
}

export interface ReadyOptions extends WaitOptions {
  /**
   * The longest time in which nothing arrives from the server, in milliseconds and below 2^31.
   * Defaults to 10,000.
   */
  readonly timeoutMs?: number;
}

/**
 * The default of `timeoutMs`, which is the time that the client waits for a connection, or for a
 * response on it.
 */
export const readyMsMax = 10_000;

interface Timeout {
  readonly ms: number;
  readonly after: Timers['after'];
  /** Called after that time. Returns the error, or null to wait as long again. */
  expired(): OrgError | null;
}

interface Waiter {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: OrgError) => void;
}

/** Promises for conditions on the replica. Call `resolveMet` after each change. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  until(isMet: () => boolean, { signal }: WaitOptions = {}, timeout?: Timeout): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedBy(signal));
      if (isMet()) return resolve();
      const stopListening = signal && onAbort(signal, () => waiter.reject(abortedBy(signal)));
      let cancelTimer = () => {};
      const forget = () => {
        this.#waiters.delete(waiter);
        stopListening?.();
        cancelTimer();
      };
      const startTimer = () => {
        if (!timeout) return;
        cancelTimer = timeout.after(timeout.ms, () => {
          const error = timeout.expired();
          if (error) waiter.reject(error);
          else startTimer();
        });
      };
      const waiter: Waiter = {
        isMet,
        resolve: () => {
          forget();
          resolve();
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      startTimer();
    });
  }

  resolveMet(): void {
    for (const waiter of [...this.#waiters]) if (waiter.isMet()) waiter.resolve();
  }

  rejectAll(error: OrgError): void {
    for (const waiter of [...this.#waiters]) waiter.reject(error);
  }
}

export function abortedBy(signal: AbortSignal): OrgError {
  return new OrgError('aborted', 'The wait was aborted.', { cause: signal.reason });
}

/** @param problem the reason why there is no connection; null if there is one */
export function notReady(what: string, ms: number, problem: string | null): OrgError {
  const cause = problem ?? 'the server did not respond';
  return new OrgError('unreachable', `${what} was not ready within ${ms} ms: ${cause}.`, { cause: new Error(cause) });
}

/**
 * Runs a request with a signal that aborts after `timeoutMs` milliseconds, or with `signal`.
 * Rejects then, even if the request ignores its signal.
 * @throws OrgError `unreachable` after that time, `aborted` by `signal`
 */
export async function withDeadline<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortedBy(signal);
  const controller = new AbortController();
  const { promise: ended, reject } = rejectable();
  // Reject first, since the aborted request rejects with an error of its own.
  const end = (error: OrgError) => {
    reject(error);
    controller.abort(error);
  };
  const timer = setTimeout(() => end(new OrgError('unreachable', `The server did not decide within ${timeoutMs} ms.`)), timeoutMs);
  const forget = signal && onAbort(signal, () => end(abortedBy(signal)));
  try {
    return await Promise.race([ended, request(controller.signal)]);
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

function rejectable(): { readonly promise: Promise<never>; reject(error: OrgError): void } {
  let reject!: (error: OrgError) => void;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
