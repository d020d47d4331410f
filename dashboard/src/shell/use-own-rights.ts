import { orgRoles } from '@rollcall/client';
import { useEffect } from 'react';
import { useToasts } from '../kit/toast-context.ts';
import { useOrganization } from '../live/organization.tsx';
import { useSession } from '../session/session.tsx';

/** Says why controls came and went: somebody gave me another role. */
export function useOwnRights(): void {
  const org = useOrganization();
  const { me } = useSession();
  const toasts = useToasts();
  useEffect(
    () =>
      org.on('member.roleChanged', ({ after }) => {
        if (after.user?.id === me.id)
          toasts.show({ text: `You are now ${orgRoles[after.orgRole].name} here. ${orgRoles[after.orgRole].desc}` });
      }),
    [org, me.id, toasts],
  );
}
