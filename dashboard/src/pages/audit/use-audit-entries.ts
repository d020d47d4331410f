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
  /** The newest live entry when the first page was requested. Null without one. */
  readonly newestLiveId: string | null;
}

/**
 * The newest entries from the live state, and older ones over REST on demand. `search` must be
 * memoized. The live state keeps the newest entries only. If all entries that it had at the first
 * page were replaced, for example while the browser was offline, the first page is read again.
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

  const isGap = loaded?.newestLiveId != null && !audit.some(({ id }) => id === loaded.newestLiveId);

  const newestLive = useRef<string | null>(null);
  newestLive.current = audit.at(-1)?.id ?? null;
  const readAfter = useCallback(
    async (previous: Older | null) => {
      reading.current?.abort();
      const aborting = new AbortController();
      reading.current = aborting;
      setReading(true);
      setError(null);
      const newestLiveId = previous ? previous.newestLiveId : newestLive.current;
      try {
        const page = await org.read.auditLog({
          ...queryOf(search),
          perPage: pageSize,
          signal: aborting.signal,
          ...(previous?.next && { cursor: previous.next }),
        });
        setOlder({
          search,
          rows: [...(previous?.rows ?? []), ...page.rows.map(fromRest)],
          next: page.next,
          newestLiveId,
        });
      } catch (cause) {
        if (aborting.signal.aborted) return;
        setError(cause instanceof OrgError ? explain(cause, false) : String(cause));
      }
      setReading(false);
    },
    [org, search],
  );

  // The live state contains only the newest entries, so the first page is always read.
  useEffect(() => {
    void readAfter(null);
    return () => reading.current?.abort();
  }, [readAfter]);
  useEffect(() => {
    if (isGap) void readAfter(null);
  }, [isGap, readAfter]);

  return {
    entries,
    isReading: isReading && loaded === null,
    isReadingMore: isReading && loaded !== null,
    error,
    hasMore: loaded?.next != null,
    readOlder: () => readAfter(isGap ? null : loaded),
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
