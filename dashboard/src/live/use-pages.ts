import { type ListPage, OrgError } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { explain } from './explain.ts';

interface Pages<Row> {
  /** Null until the first page is read. */
  readonly rows: readonly Row[] | null;
  readonly next: string | null;
  readonly error: string | null;
  readonly isReading: boolean;
}

const unread = { rows: null, next: null, error: null, isReading: true } as const;

type ReadPage<Row> = (options: { readonly cursor?: string; readonly signal?: AbortSignal }) => Promise<ListPage<Row>>;

/** A list over REST, page by page. Begins again when a value of `changing` changes. */
export function usePages<Row>(read: ReadPage<Row>, ...changing: readonly unknown[]) {
  const [found, setFound] = useState<Pages<Row>>(unread);
  const [starts, setStarts] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  /** Ends the reads of the present list, when it begins again. */
  const reading = useRef<AbortSignal | null>(null);
  const readPage = useCallback(async (signal: AbortSignal, cursor?: string) => {
    try {
      const page = await latest.current({ ...(cursor !== undefined && { cursor }), signal });
      // Rows of the former list don't belong to the next one.
      if (signal.aborted) return;
      setFound(({ rows }) => ({
        rows: [...((cursor !== undefined && rows) || []), ...page.rows],
        next: page.next,
        error: null,
        isReading: false,
      }));
    } catch (cause) {
      if (signal.aborted || !(cause instanceof OrgError)) return;
      setFound((before) => ({ ...before, error: explain(cause, false), isReading: false }));
    }
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them triggers another read
  useEffect(() => {
    const stop = new AbortController();
    reading.current = stop.signal;
    setFound(unread);
    void readPage(stop.signal);
    return () => stop.abort();
  }, [readPage, starts, ...changing]);
  const readMore = () => {
    if (!reading.current) return;
    setFound((before) => ({ ...before, isReading: true }));
    void readPage(reading.current, found.next ?? undefined);
  };
  const readAgain = useCallback(() => setStarts((count) => count + 1), []);
  return { ...found, readMore, readAgain };
}
