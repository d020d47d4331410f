import type { MemberRecord, OrganizationState } from '@rollcall/client';
import { mayAssign } from '@rollcall/react/parts';
import { useMemo } from 'react';
import { useCan, useOrgState, useOwnMember } from '../../live/organization.tsx';

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
  const member = useOwnMember();
  const { allowed: canAdminMembers } = useCan('member:admin');
  const { allowed: canDecide } = useCan(['member:write', 'member:admin']);
  const { allowed: canInvite } = useCan(['member:invite', 'member:write', 'member:admin']);
  const allowsMemberInvite = useOrgState(selectAllowsInvite);
  const hasOpenMembership = useOrgState(selectOpenMembership);
  const teamMembers = useOrgState((state) => state.teamMembers);
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

export function mayResend(viewer: InvitationViewer, invite: MemberRecord): boolean {
  return viewer.canAdminMembers || isOwnToManage(viewer, invite);
}

export function mayRevoke(viewer: InvitationViewer, invite: MemberRecord): boolean {
  if (invite.flags['idp:provisioned']) return false;
  return mayResend(viewer, invite) && mayAssign(viewer, invite.orgRole);
}

/** Members who may invite can manage the invitations that they sent. */
function isOwnToManage({ canInvite, allowsMemberInvite, member }: InvitationViewer, { inviterId }: MemberRecord): boolean {
  return canInvite && allowsMemberInvite && inviterId !== null && inviterId === member?.user?.id;
}
