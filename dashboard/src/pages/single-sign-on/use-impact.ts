import { useOrganization } from '../../live/organization.tsx';
import { useRepeatedRead } from '../../live/use-read.ts';

const refreshMs = 5_000;

/** The effect of requiring single sign-on, read again every few seconds. */
export function useImpact() {
  const org = useOrganization();
  return useRepeatedRead(refreshMs, (options) => org.read.ssoImpact(options), org);
}
