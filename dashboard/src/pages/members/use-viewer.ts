import { type OrganizationState, orgRoles } from '@rollcall/client';
import { useMemo } from 'react';
import { useCan, useOrgState, useOwnMember } from '../../live/organization.tsx';
import type { MemberViewer } from './member-permissions.ts';

const selectOpenMembership = ({ organization }: OrganizationState) => organization?.openMembership ?? false;

export function useViewer(): MemberViewer {
  const member = useOwnMember();
  const members = useOrgState((state) => state.members);
  const teamMembers = useOrgState((state) => state.teamMembers);
  const hasOpenMembership = useOrgState(selectOpenMembership);
  const { allowed: canAdminMembers } = useCan('member:admin');
  const { allowed: canInvite } = useCan('member:invite');
  const { allowed: canWriteOrganization } = useCan('org:write');
  const ownMemberships = useMemo(
    () => new Map(teamMembers.filter(({ memberId }) => memberId === member?.id).map((membership) => [membership.teamId, membership])),
    [teamMembers, member?.id],
  );
  const hasOtherAdministrator = useMemo(
    () =>
      members.some(
        ({ id, user, orgRole }) => id !== member?.id && user?.isActive === true && orgRoles[orgRole].scopes.includes('org:write'),
      ),
    [members, member?.id],
  );
  return useMemo(
    () => ({ member, canAdminMembers, canInvite, canWriteOrganization, hasOpenMembership, ownMemberships, hasOtherAdministrator }),
    [member, canAdminMembers, canInvite, canWriteOrganization, hasOpenMembership, ownMemberships, hasOtherAdministrator],
  );
}
