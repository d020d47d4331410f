import { useOrganization, useOrgState } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';

/** The identity provider with its configuration, and those to choose from. */
export function useAuthProvider() {
  const org = useOrganization();
  const record = useOrgState((state) => state.authProviders[0]);
  const slug = useOrgState((state) => state.organization?.slug);
  return useRead(
    async (options) => {
      const [provider, choices] = await Promise.all([org.read.authProvider(options), org.read.authProviders(options)]);
      return { provider, choices };
    },
    org,
    record,
    slug,
  );
}
