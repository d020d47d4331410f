import { useRef, useSyncExternalStore } from 'react';

interface Selected<T> {
  readonly from: unknown;
  readonly selectorKey: unknown;
  readonly value: T;
}

export interface SelectorSource<From, T> {
  subscribe(listener: () => void): () => void;
  /** Returns the same object while the result of `selector` is the same. */
  from(): From;
  /** The value on a server, and at the first render of a page that a server rendered. */
  readonly initial: From;
  selector(from: From): T;
  /** Changes when `selector` does. */
  readonly selectorKey: unknown;
  isEqual(a: T, b: T): boolean;
}

/** Selects a part of a source, and renders again only when that part changed. */
export function useSelector<From, T>({ subscribe, from, initial, selector, selectorKey, isEqual }: SelectorSource<From, T>): T {
  const selected = useRef<Selected<T> | null>(null);
  const select = (source: From): T => {
    const last = selected.current;
    if (last && last.from === source && last.selectorKey === selectorKey) return last.value;
    const picked = selector(source);
    const value = last && isEqual(last.value, picked) ? last.value : picked;
    selected.current = { from: source, selectorKey, value };
    return value;
  };
  return useSyncExternalStore(
    subscribe,
    () => select(from()),
    () => select(initial),
  );
}

/** Whether two lists or plain objects contain the same values, one level deep. */
export function isShallowEqual<T>(a: T, b: T): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key as keyof T], b[key as keyof T]));
}
