import type { MemberRecord } from '@rollcall/client';
import { type InvitationViewer, mayAssign } from '@rollcall/react/parts';

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
