import { OrgError } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';

interface Outcome<T> {
  /** Null until it is known. */
  readonly result: T | null;
  /** The error of the latest read. */
  readonly error: OrgError | null;
}

type Read<T> = (options: { readonly signal: AbortSignal }) => Promise<T>;

/** The result of a read over REST, which runs again when a value of `changing` changes. */
export function useRead<T>(read: Read<T>, ...changing: readonly unknown[]) {
  const [outcome, setOutcome] = useState<Outcome<T>>({ result: null, error: null });
  const [reads, setReads] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them triggers another read
  useEffect(() => {
    const stop = new AbortController();
    latest.current({ signal: stop.signal }).then(
      (result) => !stop.signal.aborted && setOutcome({ result, error: null }),
      (error: unknown) => {
        if (!stop.signal.aborted && error instanceof OrgError) setOutcome(({ result }) => ({ result, error }));
      },
    );
    return () => stop.abort();
  }, [reads, ...changing]);
  const refresh = useCallback(() => setReads((count) => count + 1), []);
  return { ...outcome, refresh };
}

/** Milliseconds until the next read. The function gets the last result; its null stops reading. */
type RefreshMs<T> = number | ((result: T | null) => number | null);

/** Like `useRead`, and reads again `refreshMs` after each result. Never interrupts a slow read. */
export function useRepeatedRead<T>(refreshMs: RefreshMs<T>, read: Read<T>, ...changing: readonly unknown[]) {
  const outcome = useRead(read, ...changing);
  const { result, error, refresh } = outcome;
  const waitMs = typeof refreshMs === 'number' ? refreshMs : refreshMs(result);
  useEffect(() => {
    if (waitMs === null || (result === null && error === null)) return;
    const timer = setTimeout(refresh, waitMs);
    return () => clearTimeout(timer);
  }, [result, error, refresh, waitMs]);
  return outcome;
}
