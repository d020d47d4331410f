import type { MemberRecord } from '@rollcall/client';

/** Whether a member lost access because the organization requires 2FA: a person who joined, although the record is like an invitation's. */
export function isBlocked({ pending, detachedUser }: MemberRecord): boolean {
  return pending && detachedUser !== undefined;
}

/** Whether the record is an invitation that was not accepted yet, or a request for one. */
export function isInvitation(member: MemberRecord): boolean {
  return member.pending && !isBlocked(member);
}

/** The record with the person's own name: a blocked member's record has their address in its place. */
export function withOwnName(member: MemberRecord): MemberRecord {
  return member.detachedUser?.name ? { ...member, name: member.detachedUser.name } : member;
}
