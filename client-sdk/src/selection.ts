/**
 * A part of the state with its own listeners. Fits React's
 * `useSyncExternalStore(selection.subscribe, selection.get)`.
 */
export interface Selection<T> {
  /** The same value until it changes. */
  readonly get: () => T;
  /** Calls `listener` when the value changed. Returns a function that removes the listener. */
  readonly subscribe: (listener: () => void) => () => void;
}

interface Source<S> {
  readonly get: () => S;
  readonly subscribe: (listener: () => void) => () => void;
}

export function selectFrom<S, T>(source: Source<S>, selector: (state: S) => T, isEqual: (a: T, b: T) => boolean = Object.is): Selection<T> {
  let last: { readonly from: S; readonly value: T } | null = null;
  const get = () => {
    const from = source.get();
    if (last?.from === from) return last.value;
    const value = selector(from);
    last = { from, value: last && isEqual(last.value, value) ? last.value : value };
    return last.value;
  };
  const subscribe = (listener: () => void) => {
    let seen = get();
    return source.subscribe(() => {
      const value = get();
      if (Object.is(value, seen)) return;
      seen = value;
      listener();
    });
  };
  return { get, subscribe };
}
