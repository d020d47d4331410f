import { type MemberRecord, type OrganizationState, type OrgRoleId, orgRoles } from '@rollcall/client';
import { useMemo } from 'react';
import { useCan, useOrgState, useOwnMember } from '../../live/organization.tsx';

/** Who looks at the page, as far as it decides what they may do with invitations. The server judges again, and by the same rules. */
export interface InvitationViewer {
  /** Null before the first copy. */
  readonly member: MemberRecord | null;
  readonly canAdminMembers: boolean;
  readonly canDecide: boolean;
  readonly canInvite: boolean;
  /** Whether those may invite who manage nobody. */
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

/** Roles one may give: none that is above one's own. */
export function mayGive({ member }: InvitationViewer, role: OrgRoleId): boolean {
  return member !== null && orgRoles[role].priority <= orgRoles[member.orgRole].priority;
}

/** Whoever may not invite may still ask those who do. */
export function mayInvite({ canDecide, canInvite, allowsMemberInvite }: InvitationViewer): boolean {
  return canDecide || (canInvite && allowsMemberInvite);
}

/** Without open membership one brings others only to teams one is on, unless one manages members. */
export function mayBringTo({ hasOpenMembership, canAdminMembers, ownTeamIds }: InvitationViewer, teamId: string): boolean {
  return hasOpenMembership || canAdminMembers || ownTeamIds.has(teamId);
}

/** In words for whoever cannot; null for whoever can. So are they all. */
export function whyNotResend(viewer: InvitationViewer, invite: MemberRecord, isExpired: boolean): string | null {
  return whyNotTouch(viewer, invite, 'resend') ?? (isExpired ? 'It has expired: only a new link works, which “Regenerate” sends.' : null);
}

export function whyNotRegenerate(viewer: InvitationViewer): string | null {
  return viewer.canAdminMembers ? null : 'Only managers and owners can send a new link.';
}

export function whyNotRevoke(viewer: InvitationViewer, invite: MemberRecord): string | null {
  if (invite.flags['idp:provisioned']) return 'This is managed by your organization’s identity provider.';
  const reason = whyNotTouch(viewer, invite, 'revoke');
  if (reason !== null || mayGive(viewer, invite.orgRole)) return reason;
  return `Only owners can revoke the invitation of an ${orgRoles[invite.orgRole].name.toLowerCase()}.`;
}

function whyNotTouch({ canAdminMembers, canInvite, allowsMemberInvite, member }: InvitationViewer, invite: MemberRecord, verb: string) {
  if (canAdminMembers) return null;
  if (!canInvite || !allowsMemberInvite) return 'Here only managers and owners invite.';
  const isOwn = invite.inviterId !== null && invite.inviterId === member?.user?.id;
  return isOwn ? null : `You can ${verb} only invitations that you sent.`;
}

export function whyNotDecide({ canDecide }: InvitationViewer): string | null {
  return canDecide ? null : 'Only managers and owners decide about requests.';
}
