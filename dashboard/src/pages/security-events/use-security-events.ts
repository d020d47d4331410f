import { OrgError, type RestSecurityEvent, type SecurityEventFilter } from '@rollcall/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { explain } from '../../live/explain.ts';
import { useOrganization } from '../../live/organization.tsx';

const pageSize = 50;

interface Found {
  readonly filter: SecurityEventFilter;
  readonly rows: readonly RestSecurityEvent[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** The events of an organization, which are not live. `filter` must be memoized. */
export function useSecurityEvents(filter: SecurityEventFilter) {
  const org = useOrganization();
  const [found, setFound] = useState<Found | null>(null);
  const [isReading, setReading] = useState(true);
  const [error, setError] = useState<string | null>(null);
  const reading = useRef<AbortController | null>(null);
  const loaded = found?.filter === filter ? found : null;

  const readAfter = useCallback(
    async (previous: Found | null) => {
      reading.current?.abort();
      const aborting = new AbortController();
      reading.current = aborting;
      setReading(true);
      setError(null);
      const cursor = previous?.next;
      try {
        const page = await org.read.securityEvents({ ...filter, perPage: pageSize, signal: aborting.signal, ...(cursor && { cursor }) });
        setFound({ filter, rows: [...(previous?.rows ?? []), ...page.rows], next: page.next });
      } catch (cause) {
        if (aborting.signal.aborted) return;
        setError(cause instanceof OrgError ? explain(cause, false) : String(cause));
      }
      setReading(false);
    },
    [org, filter],
  );
  useEffect(() => {
    void readAfter(null);
    return () => reading.current?.abort();
  }, [readAfter]);

  return {
    events: loaded?.rows ?? [],
    isReading,
    error,
    hasMore: loaded?.next != null,
    readOlder: () => readAfter(loaded),
    readNewest: () => readAfter(null),
  };
}
