import { OrgError, type RestVerifiedDomain } from '@rollcall/client';
import { useCallback, useEffect, useState } from 'react';
import { useOrganization, useOrgState } from '../../live/organization.tsx';

export interface ReadDomains {
  /** Null until they are known. */
  readonly domains: readonly RestVerifiedDomain[] | null;
  readonly error: OrgError | null;
  refresh(): void;
}

/** The domains with their challenges, read again when a domain changes. */
export function useDomains(): ReadDomains {
  const org = useOrganization();
  const records = useOrgState((state) => state.verifiedDomains);
  const [domains, setDomains] = useState<readonly RestVerifiedDomain[] | null>(null);
  const [error, setError] = useState<OrgError | null>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed domain is read again
  useEffect(() => {
    const stop = new AbortController();
    org.read.domains({ signal: stop.signal }).then(
      (read) => {
        setDomains(read);
        setError(null);
      },
      (thrown: unknown) => !stop.signal.aborted && thrown instanceof OrgError && setError(thrown),
    );
    return () => stop.abort();
  }, [org, records, attempt]);
  const refresh = useCallback(() => setAttempt((count) => count + 1), []);
  return { domains, error, refresh };
}
