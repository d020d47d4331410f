import type { LogChange, MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import { removed } from '../changes.ts';

/** What goes with a member: their places on teams, which are records of their own. */
export function removedMembers(members: readonly MemberRecord[], teamMembers: readonly TeamMemberRecord[]): LogChange[] {
  return [...teamMembers.map((row) => removed('team-member', row)), ...members.map((member) => removed('member', member))];
}

/** Each member once. */
export function differing(members: readonly MemberRecord[]): MemberRecord[] {
  return [...new Map(members.map((member) => [member.id, member])).values()];
}
