import type { LogChange, MemberRecord } from '@rollcall/protocol';

/** Whose list of organizations a revision changes, and which organizations are listed otherwise from it on. */
export interface MembershipChanges {
  readonly userIds: readonly string[];
  readonly orgIds: readonly string[];
}

/** What a list of organizations shows of one. */
const listedFields = ['slug', 'name', 'status', 'require2FA'] as const;

/** Null for a revision that changes nobody's list, as nearly all. */
export function membershipChangesOf(changes: readonly LogChange[]): MembershipChanges | null {
  const userIds = new Set<string>();
  const orgIds = new Set<string>();
  for (const { kind, id, before, after } of changes) {
    if (kind === 'organization' && before && after && listedFields.some((field) => before[field] !== after[field])) orgIds.add(id);
    if (kind !== 'member') continue;
    const [earlier, later] = [before, after] as unknown as [MemberRecord | null, MemberRecord | null];
    if (JSON.stringify(listedMember(earlier)) === JSON.stringify(listedMember(later))) continue;
    for (const member of [earlier, later]) {
      const user = member?.user ?? member?.detachedUser;
      if (user) userIds.add(user.id);
    }
  }
  return userIds.size + orgIds.size > 0 ? { userIds: [...userIds], orgIds: [...orgIds] } : null;
}

/** What a list of organizations shows of a member: whose it is, their role, and whether a second factor is missing. */
function listedMember(member: MemberRecord | null): unknown {
  if (member?.user) return [member.user.id, member.orgRole, member.user.has2fa];
  return member?.detachedUser ? [member.detachedUser.id, member.orgRole, 'detached'] : null;
}
