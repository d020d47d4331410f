import { orgRoles } from '@rollcall/client';
import { useEffect } from 'react';
import { useToasts } from '../kit/toast-context.ts';
import { useOrganization } from '../live/organization.tsx';
import { roleWithArticle } from '../live/role-with-article.ts';
import { useSession } from '../session/session.tsx';

/** Notifies the user when their role changes, which adds and removes controls on the page. */
export function useRoleNotice(): void {
  const org = useOrganization();
  const { me } = useSession();
  const toasts = useToasts();
  useEffect(
    () =>
      org.on('member.roleChanged', ({ after }) => {
        if (after.user?.id === me.id)
          toasts.show({ text: `You’re now ${roleWithArticle(after.orgRole)}. ${orgRoles[after.orgRole].desc}` });
      }),
    [org, me.id, toasts],
  );
}
