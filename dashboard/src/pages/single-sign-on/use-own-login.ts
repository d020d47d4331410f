import { useEffect } from 'react';
import { useOrganization } from '../../live/organization.tsx';
import { useRead } from '../../live/use-read.ts';

/**
 * The time of a member's last login at the provider. Read again when the user comes back to the
 * page. Null if it is unknown, or without a linked member.
 */
export function useOwnLogin(linkedMemberId: string | null): string | null {
  const org = useOrganization();
  const { result, refresh } = useRead(
    async (options) => (linkedMemberId === null ? null : (await org.read.ssoIdentity(linkedMemberId, options)).lastLogin),
    org,
    linkedMemberId,
  );
  useEffect(() => {
    window.addEventListener('focus', refresh);
    return () => window.removeEventListener('focus', refresh);
  }, [refresh]);
  return result;
}
