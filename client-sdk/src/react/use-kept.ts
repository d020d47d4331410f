import { useRef, useSyncExternalStore } from 'react';

interface Kept<T> {
  readonly from: unknown;
  readonly by: unknown;
  readonly value: T;
}

export interface Slice<From, T> {
  subscribe(listener: () => void): () => void;
  /** The same object for as long as `pick` gives the same of it. */
  from(): From;
  /** What `from` is on a server, and at the first render of a page that one made. */
  readonly initial: From;
  pick(from: From): T;
  /** Changes when `pick` does. */
  readonly by: unknown;
  isEqual(a: T, b: T): boolean;
}

/** Follows a part of something, and renders again only when that part is another one. */
export function useKept<From, T>({ subscribe, from, initial, pick, by, isEqual }: Slice<From, T>): T {
  const kept = useRef<Kept<T> | null>(null);
  const keep = (source: From): T => {
    const last = kept.current;
    if (last && last.from === source && last.by === by) return last.value;
    const picked = pick(source);
    const value = last && isEqual(last.value, picked) ? last.value : picked;
    kept.current = { from: source, by, value };
    return value;
  };
  return useSyncExternalStore(
    subscribe,
    () => keep(from()),
    () => keep(initial),
  );
}

/** Whether two lists or plain objects hold the same values, one level deep. */
export function isShallowEqual<T>(a: T, b: T): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key as keyof T], b[key as keyof T]));
}
