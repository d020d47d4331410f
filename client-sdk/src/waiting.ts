import { OrgError } from '@rollcall/protocol';

export interface WaitOptions {
  /** Rejects with `OrgError('aborted')` when it aborts. The `cause` is the signal's reason. */
  readonly signal?: AbortSignal;
}

interface Waiter {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: OrgError) => void;
}

/** Promises for conditions on the replica. Call `resolveMet` after each change. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  until(isMet: () => boolean, { signal }: WaitOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedBy(signal));
      if (isMet()) return resolve();
      const onAbort = () => waiter.reject(abortedBy(signal!));
      const forget = () => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
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
      signal?.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
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
