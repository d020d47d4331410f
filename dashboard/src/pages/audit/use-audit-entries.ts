import { type AuditEventName, OrgError } from '@rollcall/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { explain } from '../../live/explain.ts';
import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { type AuditEntry, type AuditSearch, fromLiveState, fromRest, isFound, mergeEntries } from './audit-entry.ts';

const pageSize = 50;

interface Older {
  readonly search: AuditSearch;
  readonly rows: readonly AuditEntry[];
  /** The cursor of the next page; null at the end of the log. */
  readonly next: string | null;
}

/**
 * The newest entries from the live state, and older ones over REST on demand. `search` must be
 * memoized.
 */
export function useAuditEntries(search: AuditSearch) {
  const org = useOrganization();
  const audit = useOrgState((state) => state.audit);
  const [older, setOlder] = useState<Older | null>(null);
  const [isReading, setReading] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const reading = useRef<AbortController | null>(null);
  const loaded = older?.search === search ? older : null;

  // The live state has the oldest entry first.
  const live = useMemo(() => audit.toReversed().map(fromLiveState), [audit]);
  const found = useMemo(() => live.filter((entry) => isFound(entry, search)), [live, search]);
  const entries = useMemo(() => mergeEntries(found, loaded?.rows ?? []), [found, loaded]);

  const readOlder = useCallback(async () => {
    reading.current?.abort();
    const aborting = new AbortController();
    reading.current = aborting;
    setReading(true);
    setError(null);
    try {
      const page = await org.read.auditLog({
        ...queryOf(search),
        perPage: pageSize,
        signal: aborting.signal,
        ...(loaded?.next && { cursor: loaded.next }),
      });
      setOlder({ search, rows: [...(loaded?.rows ?? []), ...page.rows.map(fromRest)], next: page.next });
    } catch (cause) {
      if (aborting.signal.aborted) return;
      setError(cause instanceof OrgError ? explain(cause, false) : String(cause));
    }
    setReading(false);
  }, [org, search, loaded]);

  // The live state contains only the newest entries, so the first page is always read.
  const first = useRef(readOlder);
  first.current = readOlder;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per search
  useEffect(() => {
    void first.current();
    return () => reading.current?.abort();
  }, [search]);

  return {
    entries,
    isReading: isReading && loaded === null,
    isReadingMore: isReading && loaded !== null,
    error,
    hasMore: loaded?.next != null,
    readOlder,
  };
}

function queryOf({ event, actorId, sinceMs, untilMs }: AuditSearch) {
  return {
    ...(event !== '' && { event: event as AuditEventName }),
    ...(actorId !== '' && { actor: actorId }),
    ...(sinceMs !== null && { start: new Date(sinceMs).toISOString() }),
    ...(untilMs !== null && { end: new Date(untilMs).toISOString() }),
  };
}
