import { useEffect, useState } from 'react';
import { callApi } from './api.ts';

export interface ListedOrganization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly orgRole?: string;
}

/** The organizations one is a member of. Null until known. */
export function useOrganizations(): readonly ListedOrganization[] | null {
  const [organizations, setOrganizations] = useState<readonly ListedOrganization[] | null>(null);
  useEffect(() => {
    let isGone = false;
    const read = async () => {
      const found = await callApi<ListedOrganization[]>('GET', '/organizations/?member=1').catch(() => null);
      if (found && !isGone) setOrganizations(found.toSorted((a, b) => a.name.localeCompare(b.name)));
    };
    void read();
    addEventListener('focus', read);
    return () => {
      isGone = true;
      removeEventListener('focus', read);
    };
  }, []);
  return organizations;
}
