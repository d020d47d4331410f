import type { AuthTokenRecord, RestOrgToken } from '@rollcall/client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useCan, useOrganization, useOrgState } from '../../live/organization.tsx';

export interface TokenRow extends AuthTokenRecord {
  /** Undefined until the server has said. */
  readonly dateLastUsed: string | null | undefined;
}

/** Use is no change of the organization, so that it is asked for again now and then while somebody looks. */
const askAgainMs = 30_000;

/**
 * The tokens, live for those who manage the organization; others may list them, so for them they are asked for. When each was
 * last used is asked for in both cases. Null until known.
 */
export function useTokenRows(): { readonly rows: readonly TokenRow[] | null; readonly isFailed: boolean; readAgain(): void } {
  const org = useOrganization();
  const live = useOrgState((state) => state.tokens);
  const revision = useOrgState((state) => (state.revision === null ? null : 1));
  const { allowed: isLive } = useCan(['org:write', 'org:admin']);
  const [listed, setListed] = useState<readonly RestOrgToken[] | null>(null);
  const [isFailed, setFailed] = useState(false);
  const [asked, setAsked] = useState(0);
  const readAgain = useCallback(() => setAsked((count) => count + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when the tokens changed, and by its number
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
  }, [org, live, asked]);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && readAgain(), askAgainMs);
    return () => clearInterval(timer);
  }, [readAgain]);
  const rows = useMemo(() => {
    if (revision === null || (!isLive && listed === null)) return null;
    const used = new Map(listed?.map(({ id, dateLastUsed }) => [id, dateLastUsed]));
    const tokens: readonly AuthTokenRecord[] = isLive ? live : listed!;
    return tokens.map((token) => ({ ...token, dateLastUsed: used.get(token.id) })).sort((a, b) => (a.dateCreated < b.dateCreated ? 1 : -1));
  }, [revision, isLive, live, listed]);
  return { rows, isFailed, readAgain };
}
