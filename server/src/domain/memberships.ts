import type { LogChange, MemberRecord } from '@rollcall/protocol';

/** Whose list of organizations a revision changes, and which organizations are listed otherwise from it on. */
export interface MembershipChanges {
  readonly userIds: readonly string[];
  readonly orgIds: readonly string[];
}

/** What a list of organizations shows of one. */
const listedFields = ['slug', 'name', 'status'] as const;

/** Null for a revision that changes nobody's list, as nearly all. */
export function membershipChangesOf(changes: readonly LogChange[]): MembershipChanges | null {
  const userIds = new Set<string>();
  const orgIds = new Set<string>();
  for (const { kind, id, before, after } of changes) {
    if (kind === 'organization' && before && after && listedFields.some((field) => before[field] !== after[field])) orgIds.add(id);
    if (kind !== 'member') continue;
    const [earlier, later] = [before, after] as unknown as [MemberRecord | null, MemberRecord | null];
    if (earlier?.user?.id === later?.user?.id && earlier?.orgRole === later?.orgRole) continue;
    for (const member of [earlier, later]) if (member?.user) userIds.add(member.user.id);
  }
  return userIds.size + orgIds.size > 0 ? { userIds: [...userIds], orgIds: [...orgIds] } : null;
}
