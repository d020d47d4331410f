import type { LogChange, MemberRecord, MemberUser, OrgRoleId, OrgState, TeamMemberRecord } from '@rollcall/protocol';
import { readJoiningUsers } from '../../../database/identity/users-read.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { type AuditEvent, memberEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import { rolesForMembers } from '../../../domain/members/role-assignment.ts';
import { reattachedMember } from '../../../domain/members/second-factor.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';

export interface ReinstateMembers {
  /** Null for all detached members. */
  readonly memberIds: readonly string[] | null;
}

export type SkippedReason = 'not-blocked' | 'two-factor-required' | 'user-inactive' | 'role-not-assignable';

export interface ReinstatedMembers {
  readonly reinstated: readonly string[];
  readonly skipped: readonly { readonly id: string; readonly reason: SkippedReason }[];
}

interface Facts {
  readonly state: OrgState;
  readonly detached: readonly MemberRecord[];
  readonly teamMembers: readonly TeamMemberRecord[];
  readonly users: ReadonlyMap<string, MemberUser>;
  /** Users who have rejoined through another invite. */
  readonly memberUserIds: ReadonlySet<string>;
}

/**
 * Reinstates members whom `require2FA` detached. Disabling `require2FA` does not reinstate them by
 * itself (REST contract 5.6). All of them get their roles and teams back in one revision.
 */
export const reinstateMembers: Command<ReinstateMembers, Facts, ReinstatedMembers> = {
  name: 'reinstate-members',

  async load(tx, { memberIds }, { orgId, actor }) {
    const state = await loadActorState(tx, orgId, actor);
    const detached = await readMembers(tx, orgId, { isDetached: true, ...(memberIds ? { ids: memberIds } : {}) });
    const userIds = detached.map(({ detachedUser }) => detachedUser!.id);
    const users = await readJoiningUsers(tx, userIds);
    const members = await readMembers(tx, orgId, { userIds });
    return {
      state,
      detached,
      teamMembers: await readTeamMembers(tx, orgId, { memberIds: detached.map(({ id }) => id) }),
      users: new Map(users.map((user) => [user.id, user])),
      memberUserIds: new Set(members.map(({ user }) => user!.id)),
    };
  },

  decide({ memberIds }, { state, detached, teamMembers, users, memberUserIds }, { actor }) {
    authorize(state, actor, 'member:admin');
    const assignable = rolesForMembers(state, actor);
    const found = new Set(detached.map(({ id }) => id));
    const skipped = (memberIds ?? []).filter((id) => !found.has(id)).map((id) => ({ id, reason: 'not-blocked' as SkippedReason }));
    const changes: LogChange[] = [];
    const audit: AuditEvent[] = [];
    const reinstated: string[] = [];
    for (const before of detached) {
      const user = users.get(before.detachedUser!.id);
      const reason = reasonToSkip(before.orgRole, user, assignable, state.organization!.require2FA);
      if (reason !== null) skipped.push({ id: before.id, reason });
      else if (memberUserIds.has(user!.id)) {
        changes.push(
          ...removedMembers(
            [before],
            teamMembers.filter(({ memberId }) => memberId === before.id),
          ),
        );
      } else {
        const member = reattachedMember(before, user!);
        changes.push(...updated('member', before, member));
        audit.push(memberEvent('member.add', member, `reinstated ${member.email}`));
        reinstated.push(member.id);
      }
    }
    return { changes, audit, result: { reinstated, skipped } };
  },
};

/**
 * The caller can reinstate only members whose role they may assign. Returns null if the member can
 * be reinstated.
 */
function reasonToSkip(
  role: OrgRoleId,
  user: MemberUser | undefined,
  assignable: readonly OrgRoleId[],
  require2FA: boolean,
): SkippedReason | null {
  if (!user?.isActive) return 'user-inactive';
  if (require2FA && !user.has2fa) return 'two-factor-required';
  return assignable.includes(role) ? null : 'role-not-assignable';
}
