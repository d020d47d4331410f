/** Receives what a listener threw. */
export type ErrorHandler = (error: unknown) => void;

/** As with EventTarget: the fault of a listener is an uncaught error, and nobody else's. */
export const throwLater: ErrorHandler = (error) => {
  queueMicrotask(() => {
    throw error;
  });
};

export interface ListenOptions {
  /** Stops listening when it aborts. */
  readonly signal?: AbortSignal;
}

export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #onError: ErrorHandler;

  constructor(onError: ErrorHandler) {
    this.#onError = onError;
  }

  /** Gives the function that stops it. The same listener added twice is called twice. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void, { signal }: ListenOptions = {}): () => void {
    if (signal?.aborted) return () => {};
    const once = (event: Events[Name]) => listener(event);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(once));
    const stop = () => {
      listeners.delete(once);
      signal?.removeEventListener('abort', stop);
    };
    signal?.addEventListener('abort', stop);
    return stop;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
  }
}
