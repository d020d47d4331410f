import { isRecoveryOwner, isSsoLinked, type LogEntry, type MemberRecord, organizationSubject } from '@rollcall/protocol';

/**
 * The users whose list of organizations a revision changes, and the organizations that look
 * different in lists after it.
 */
export interface MembershipChanges {
  readonly userIds: readonly string[];
  readonly orgIds: readonly string[];
}

/** The fields of an organization that a list of organizations shows. */
const listedFields = ['slug', 'name', 'status', 'require2FA', 'requiresSso'] as const;

/** Returns null for a revision that changes no list, as nearly all do. */
export function membershipChangesOf({ orgId, changes }: Pick<LogEntry, 'orgId' | 'changes'>): MembershipChanges | null {
  const userIds = new Set<string>();
  const orgIds = new Set<string>();
  for (const { kind, id, before, after } of changes) {
    if (kind === 'organization' && before && after && listedFields.some((field) => before[field] !== after[field])) orgIds.add(id);
    if (kind === 'external-id' && id === organizationSubject) orgIds.add(orgId);
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

/**
 * The facts about a member that a list of organizations shows: the user, the role, and whether a
 * second factor or single sign-on is missing.
 */
function listedMember(member: MemberRecord | null): unknown {
  if (member?.user) return [member.user.id, member.orgRole, member.user.has2fa, isSsoLinked(member), isRecoveryOwner(member)];
  return member?.detachedUser ? [member.detachedUser.id, member.orgRole, 'detached'] : null;
}
