import type { MemberRecord } from '@rollcall/client';

/**
 * Whether a member lost access because the organization requires 2FA. Their record looks like that
 * of an invitation.
 */
export function isBlocked({ pending, detachedUser }: MemberRecord): boolean {
  return pending && detachedUser !== undefined;
}

/** Whether the record is a pending invitation, or a request for one. */
export function isInvitation(member: MemberRecord): boolean {
  return member.pending && !isBlocked(member);
}

/** The record with the person's name. A blocked member's record has their email address instead. */
export function withOwnName(member: MemberRecord): MemberRecord {
  return member.detachedUser?.name ? { ...member, name: member.detachedUser.name } : member;
}
