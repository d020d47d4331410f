import type { MemberRecord, MemberUser } from '@rollcall/protocol';
import { memberWithUser } from './member-user.ts';

/**
 * Detaches the user from a member who has no second factor although the organization requires one.
 * The member keeps the row, role and teams, but becomes an invite again, which can be accepted only
 * with a second factor (REST contract 5.6). The record names the user, so that setting up a second
 * factor restores the member.
 */
export function detachedMember(member: MemberRecord, { id, name }: MemberUser, inviteExpiresAt: string): MemberRecord {
  const { email } = member;
  return { ...member, user: null, name: email ?? '', pending: true, inviteExpiresAt, detachedUser: { id, name } };
}

/** Restores a detached member, with the current role and teams. */
export function reattachedMember(member: MemberRecord, user: MemberUser): MemberRecord {
  return memberWithUser<MemberRecord>({ ...member, pending: false, inviteExpiresAt: null }, user);
}
