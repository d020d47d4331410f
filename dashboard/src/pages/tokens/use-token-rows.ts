import type { AuthTokenRecord, RestOrgToken, Scope } from '@rollcall/client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';

export interface TokenRow extends Omit<AuthTokenRecord, 'scopes'> {
  readonly scopes: readonly Scope[];
  /** Undefined until it is read. */
  readonly dateLastUsed: string | null | undefined;
}

/** Interval to read the last use while the page is visible, since it is not in the live state. */
const pollMs = 30_000;

/**
 * The tokens, live for managers and owners, and over REST for other members. The time of the last
 * use is read over REST for everyone. Null until known.
 */
export function useTokenRows(): { readonly rows: readonly TokenRow[] | null; readonly isFailed: boolean; refresh(): void } {
  const org = useOrganization();
  const live = useOrgState((state) => state.tokens);
  const revision = useOrgState((state) => (state.revision === null ? null : 1));
  const { allowed: isLive } = useCan(['org:write', 'org:admin']);
  const [listed, setListed] = useState<readonly RestOrgToken[] | null>(null);
  const [isFailed, setFailed] = useState(false);
  const [reads, setReads] = useState(0);
  const refresh = useCallback(() => setReads((count) => count + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: both trigger a read
  useEffect(() => {
    const aborting = new AbortController();
    org.read.tokens({ signal: aborting.signal }).then(
      (tokens) => {
        setListed(tokens);
        setFailed(false);
      },
      () => !aborting.signal.aborted && setFailed(true),
    );
    return () => aborting.abort();
  }, [org, live, reads]);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh(), pollMs);
    return () => clearInterval(timer);
  }, [refresh]);
  const rows = useMemo(() => {
    if (revision === null || (!isLive && listed === null)) return null;
    const used = new Map(listed?.map(({ id, dateLastUsed }) => [id, dateLastUsed]));
    const tokens: readonly Omit<TokenRow, 'dateLastUsed'>[] = isLive ? live : listed!;
    return tokens.map((token) => ({ ...token, dateLastUsed: used.get(token.id) })).sort((a, b) => (a.dateCreated < b.dateCreated ? 1 : -1));
  }, [revision, isLive, live, listed]);
  return { rows, isFailed, refresh };
}
