import type { RestOrganization } from '@rollcall/client';
import { useClient } from '@rollcall/client/react';
import { useEffect, useState } from 'react';

/** The organizations one is a member of. Null until known. */
export function useOrganizations(): readonly RestOrganization[] | null {
  const client = useClient();
  const [organizations, setOrganizations] = useState<readonly RestOrganization[] | null>(null);
  useEffect(() => {
    let isGone = false;
    const read = async () => {
      const page = await client.account.searchOrganizations().catch(() => null);
      if (page && !isGone) setOrganizations(page.rows.toSorted((a, b) => a.name.localeCompare(b.name)));
    };
    void read();
    addEventListener('focus', read);
    return () => {
      isGone = true;
      removeEventListener('focus', read);
    };
  }, [client]);
  return organizations;
}
