import { OrgError, type SsoImpact } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { useOrganization } from '../../live/organization.tsx';

const refreshMs = 5_000;

/** The effect of requiring single sign-on, read again every few seconds. Null until it is known. */
export function useImpact(): { readonly impact: SsoImpact | null; readonly error: OrgError | null } {
  const org = useOrganization();
  const [impact, setImpact] = useState<SsoImpact | null>(null);
  const [error, setError] = useState<OrgError | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    let timer = setTimeout(look, 0);
    async function look() {
      try {
        setImpact(await org.read.ssoImpact({ signal: stop.signal }));
        setError(null);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        setError(thrown instanceof OrgError ? thrown : new OrgError('internal', String(thrown)));
      }
      timer = setTimeout(look, refreshMs);
    }
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [org]);
  return { impact, error };
}
