import type { OrganizationState } from '@rollcall/client';
import { isBlocked, loadable, OnDemand } from '@rollcall/react/parts';
import { useMemo } from 'react';
import { useCan, useOrgState } from '../../live/organization.tsx';

const ReinstateOffer = loadable(() => import('./reinstate-offer.tsx'));

const selectRequires2fa = ({ organization }: OrganizationState) => organization?.require2FA ?? true;

/** Offers to restore blocked members, if there are any, to viewers who may do so. */
export function ReinstateNotice() {
  const { allowed } = useCan('member:admin');
  const requires2fa = useOrgState(selectRequires2fa);
  const invites = useOrgState((state) => state.invites);
  const blocked = useMemo(() => invites.filter(isBlocked), [invites]);
  if (!allowed || requires2fa || blocked.length === 0) return null;
  return (
    <OnDemand fallback={null}>
      <ReinstateOffer blocked={blocked} />
    </OnDemand>
  );
}
