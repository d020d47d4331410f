import type { MemberRecord, OrganizationState } from '@rollcall/client';
import { useCan, useMe, useOrganizationState, useTeamMembers } from '@rollcall/client/react';
import { useMemo } from 'react';

/**
 * The facts about the current user that decide what they may do with invitations. The server
 * applies the same rules.
 */
export interface InvitationViewer {
  /** Null until the organization is loaded. */
  readonly member: MemberRecord | null;
  readonly canAdminMembers: boolean;
  readonly canDecide: boolean;
  readonly canInvite: boolean;
  /** Whether members who do not manage others may invite. */
  readonly allowsMemberInvite: boolean;
  readonly hasOpenMembership: boolean;
  readonly ownTeamIds: ReadonlySet<string>;
}

const selectAllowsInvite = ({ organization }: OrganizationState) => organization?.allowMemberInvite ?? false;
const selectOpenMembership = ({ organization }: OrganizationState) => organization?.openMembership ?? false;

export function useInvitationViewer(): InvitationViewer {
  const member = useMe();
  const { allowed: canAdminMembers } = useCan('member:admin');
  const { allowed: canDecide } = useCan(['member:write', 'member:admin']);
  const { allowed: canInvite } = useCan(['member:invite', 'member:write', 'member:admin']);
  const allowsMemberInvite = useOrganizationState(selectAllowsInvite);
  const hasOpenMembership = useOrganizationState(selectOpenMembership);
  const teamMembers = useTeamMembers();
  const ownTeamIds = useMemo(
    () => new Set(teamMembers.filter(({ memberId }) => memberId === member?.id).map(({ teamId }) => teamId)),
    [teamMembers, member?.id],
  );
  return useMemo(
    () => ({ member, canAdminMembers, canDecide, canInvite, allowsMemberInvite, hasOpenMembership, ownTeamIds }),
    [member, canAdminMembers, canDecide, canInvite, allowsMemberInvite, hasOpenMembership, ownTeamIds],
  );
}

/** Whether the viewer may invite. Other members can request an invitation. */
export function mayInvite({ canDecide, canInvite, allowsMemberInvite }: InvitationViewer): boolean {
  return canDecide || (canInvite && allowsMemberInvite);
}

/** Without open membership, members who do not manage others can only invite to their own teams. */
export function mayInviteTo({ hasOpenMembership, canAdminMembers, ownTeamIds }: InvitationViewer, teamId: string): boolean {
  return hasOpenMembership || canAdminMembers || ownTeamIds.has(teamId);
}
