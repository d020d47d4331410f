import type { ListedOrganization, RollcallClient } from '@rollcall/client';
import { useClient, useOrganizations as useList } from '@rollcall/client/react';
import { useSyncExternalStore } from 'react';

/** The current user's organizations, live. Null until they are known. */
export function useOrganizations(): readonly ListedOrganization[] | null {
  const { organizations } = useClient();
  const list = useList();
  const isLive = useSyncExternalStore(organizations.subscribe, () => organizations.isLive);
  return list.length > 0 || isLive ? list : null;
}

/** Without a connection no list arrives; the wait then ends after this time. */
const unlistedMsMax = 3_000;

/** Resolves once the list no longer contains the organization, shortly after the access ended. */
export function whenNotListed({ organizations }: RollcallClient, id: string): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const check = () => !organizations.list.some((one) => one.id === id) && end();
    const timer = setTimeout(end, unlistedMsMax);
    const stop = organizations.subscribe(check);
    check();
  });
}
