import { useEffect } from 'react';
import { useOrganization } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';

const refreshMs = 5_000;

/** The effect of requiring single sign-on, read again every few seconds. */
export function useImpact() {
  const org = useOrganization();
  const { result: impact, error, refresh } = useRead((options) => org.read.ssoImpact(options), org);
  useEffect(() => {
    // A slow read is not interrupted.
    if (impact === null && error === null) return;
    const timer = setTimeout(refresh, refreshMs);
    return () => clearTimeout(timer);
  }, [impact, error, refresh]);
  return { impact, error };
}
