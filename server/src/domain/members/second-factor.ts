import type { MemberRecord, MemberUser } from '@rollcall/protocol';
import { inviteExpiry } from '../invites/invites.ts';
import { memberWithUser } from './member-user.ts';

/**
 * The member without their user: once a second factor is required, a member who has none keeps row, role and teams but is
 * an invite again, to be accepted with a second factor (REST contract 5.6). The record names the user: setting up a second factor
 * brings them back.
 */
export function detachedMember(member: MemberRecord, { id, name }: MemberUser, now: string): MemberRecord {
  const { email } = member;
  return { ...member, user: null, name: email ?? '', pending: true, inviteExpiresAt: inviteExpiry(now), detachedUser: { id, name } };
}

/** The member that a detached one was, with role and teams as they are now. */
export function reattachedMember(member: MemberRecord, user: MemberUser): MemberRecord {
  return memberWithUser<MemberRecord>({ ...member, pending: false, inviteExpiresAt: null }, user);
}
