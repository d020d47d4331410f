import type { RestIpAllowList } from '@rollcall/client';
import { useEffect, useState } from 'react';
import { useOrganization } from '../../live/organization.tsx';
import { type AddressList, contentOf } from './address-list.ts';

export type OwnAddress = Pick<RestIpAllowList, 'you' | 'warning'>;

/** The viewer's own address, and whether the saved list includes it. Null until it is known. */
export function useOwnAddress(saved: AddressList): OwnAddress | null {
  const org = useOrganization();
  const [own, setOwn] = useState<OwnAddress | null>(null);
  const content = JSON.stringify(contentOf(saved));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed list is read again
  useEffect(() => {
    const stop = new AbortController();
    org.read.ipAllowList({ signal: stop.signal }).then(setOwn, () => {});
    return () => stop.abort();
  }, [org, content]);
  return own;
}
