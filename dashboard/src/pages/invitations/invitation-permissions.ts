import type { MemberRecord } from '@rollcall/client';
import { type InvitationViewer, mayAssign } from '@rollcall/react/parts';

export function mayResend(viewer: InvitationViewer, invite: MemberRecord): boolean {
  return viewer.canAdminMembers || isOwnToManage(viewer, invite);
}

export function mayRevoke(viewer: InvitationViewer, invite: MemberRecord): boolean {
  if (invite.flags['idp:provisioned']) return false;
  return mayResend(viewer, invite) && mayAssign(viewer, invite.orgRole);
}

/**
 * Members who may invite can manage the invitations that they sent, until these are accepted. A
 * locked-out member had accepted.
 */
function isOwnToManage({ canInvite, allowsMemberInvite, member }: InvitationViewer, { inviterId, detachedUser }: MemberRecord): boolean {
  return canInvite && allowsMemberInvite && !detachedUser && inviterId !== null && inviterId === member?.user?.id;
}
