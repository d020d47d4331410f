import type { ListedOrganization, RollcallClient } from '@rollcall/client';
import { useClient, useOrganizations as useList } from '@rollcall/client/react';
import { useSyncExternalStore } from 'react';

/** The organizations one is a member of, live. Null until known. */
export function useOrganizations(): readonly ListedOrganization[] | null {
  const { organizations } = useClient();
  const list = useList();
  const isLive = useSyncExternalStore(organizations.subscribe, () => organizations.isLive);
  return list.length > 0 || isLive ? list : null;
}

/** A list that doesn't come, without a connection, holds up nothing for longer. */
const unlistedMsMax = 3_000;

/** Resolves once the list no longer names the organization: it follows a moment after the access ends. */
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
