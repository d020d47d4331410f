import type { ListedOrganization } from '@rollcall/client';
import { useClient, useOrganizations as useList } from '@rollcall/client/react';
import { useSyncExternalStore } from 'react';

/** The organizations one is a member of, live. Null until known. */
export function useOrganizations(): readonly ListedOrganization[] | null {
  const { organizations } = useClient();
  const list = useList();
  const isLive = useSyncExternalStore(organizations.subscribe, () => organizations.isLive);
  return list.length > 0 || isLive ? list : null;
}
