import type { MemberRecord } from '@rollcall/protocol';
import { inviteExpiry } from './invites.ts';

/**
 * The member without their user: once a second factor is required, who has none keeps row, role and teams but is an
 * invite again, to be accepted with a second factor (spec: 5.6).
 */
export function detachedMember(member: MemberRecord, now: string): MemberRecord {
  const { email } = member;
  return { ...member, user: null, name: email ?? '', pending: true, inviteExpiresAt: inviteExpiry(now) };
}
