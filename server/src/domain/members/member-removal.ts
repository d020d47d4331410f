import type { LogChange, MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import { removed } from '../changes.ts';

/** The removal of members and of their team memberships, which are separate records. */
export function removedMembers(members: readonly MemberRecord[], teamMembers: readonly TeamMemberRecord[]): LogChange[] {
  return [...teamMembers.map((row) => removed('team-member', row)), ...members.map((member) => removed('member', member))];
}

/** Removes duplicate members. */
export function withoutDuplicates(members: readonly MemberRecord[]): MemberRecord[] {
  return [...new Map(members.map((member) => [member.id, member])).values()];
}
