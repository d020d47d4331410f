import type { RestIpAllowList } from '@rollcall/client';
import { useOrganization } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';
import { type AddressList, contentOf } from './address-list.ts';

export type OwnAddress = Pick<RestIpAllowList, 'you' | 'warning'>;

/** The viewer's own address, and whether the saved list includes it. Null until it is known. */
export function useOwnAddress(saved: AddressList): OwnAddress | null {
  const org = useOrganization();
  return useRead((options) => org.read.ipAllowList(options), org, JSON.stringify(contentOf(saved))).result;
}
