import { onAbort } from './abort-listeners.ts';

/** Receives what a listener threw. */
export type ErrorHandler = (error: unknown) => void;

/**
 * Makes a listener's error an uncaught error, as EventTarget does. It doesn't affect other
 * listeners.
 */
export const throwLater: ErrorHandler = (error) => {
  queueMicrotask(() => {
    throw error;
  });
};

/** Passes an error to `onError`. If that throws too, its error doesn't interrupt the caller. */
export function report(onError: ErrorHandler, error: unknown): void {
  try {
    onError(error);
  } catch (thrown) {
    throwLater(thrown);
  }
}

export interface ListenOptions {
  /** Removes the listener when it aborts. */
  readonly signal?: AbortSignal;
}

export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  /** Remove the callbacks of signals, which would retain the listeners after `clear`. */
  readonly #forgets = new Set<() => void>();
  readonly #onError: ErrorHandler;

  constructor(onError: ErrorHandler) {
    this.#onError = onError;
  }

  /**
   * Returns a function that removes the listener. A listener that is added twice is called twice.
   */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void, { signal }: ListenOptions = {}): () => void {
    if (signal?.aborted) return () => {};
    const once = (event: Events[Name]) => listener(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(once));
    const remove = () => {
      listeners.delete(once);
      if (!forget) return;
      forget();
      this.#forgets.delete(forget);
    };
    const forget = signal && onAbort(signal, remove);
    if (forget) this.#forgets.add(forget);
    return remove;
  }

  /** Listeners that are removed during the call aren't called anymore, and new ones not yet. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    for (const listener of [...listeners]) {
      try {
        if (listeners.has(listener)) listener(event as never);
      } catch (error) {
        report(this.#onError, error);
      }
    }
  }

  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
    for (const forget of this.#forgets) forget();
    this.#forgets.clear();
  }
}
