/**
 * The callbacks of each signal. A single listener calls them all, because Node warns of a memory
 * leak from the eleventh listener on.
 */
const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `run` once when `signal` aborts. Returns a function that removes the callback. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const callbacks = callbacksOf.get(signal) ?? listenTo(signal);
  // A new function, so that a callback that is added twice is called twice.
  const callback = () => run();
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  callbacksOf.set(signal, callbacks);
  signal.addEventListener(
    'abort',
    () => {
      for (const callback of [...callbacks]) callback();
    },
    { once: true },
  );
  return callbacks;
}
