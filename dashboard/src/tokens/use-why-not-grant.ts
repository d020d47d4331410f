import { type Scope, scopes } from '@rollcall/client';
import { useMemo } from 'react';
import { useOrganization, useOrgState, useOwnMember } from '../live/organization.tsx';

/**
 * The reason why the user can't grant a scope; null if they can.
 * @param always a scope that anyone may grant
 */
export function useWhyNotGrant(always?: Scope): (scope: Scope) => string | null {
  const org = useOrganization();
  const me = useOwnMember();
  const organization = useOrgState((state) => state.organization);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `org.can` depends on these
  const own = useMemo(() => {
    const who = { userId: me?.user?.id ?? '' };
    return new Set(scopes.filter((scope) => scope === always || org.can(who, scope).allowed));
  }, [org, me, organization, always]);
  return (scope) => (own.has(scope) ? null : 'Your role doesn’t have this scope.');
}
