import type { MemberRecord, TeamMemberRecord, TeamRoleId } from '@rollcall/protocol';
import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { notFound } from '../../../domain/authorize.ts';
import type { Window } from '../window.ts';

export interface MemberOnTeam {
  readonly member: MemberRecord;
  /** The stored team role. Null when the org role gives as much (REST contract 4.2). */
  readonly teamRole: TeamRoleId | null;
}

/**
 * Sorted by the row's own email address, which only an invite has: invites first, then members by
 * id. Without requests and deactivated users (REST contract 6, 8.1).
 */
export async function listMembersOfTeam(
  db: Db,
  orgId: string,
  teamId: string,
  { hidesAddresses }: { readonly hidesAddresses: boolean },
  { limit, offset }: Window,
): Promise<MemberOnTeam[]> {
  const rows = await db
    .selectFrom('team_members')
    .innerJoin('members', (join) =>
      join.onRef('members.organization_id', '=', 'team_members.organization_id').onRef('members.id', '=', 'team_members.member_id'),
    )
    .select(['members.id', 'team_members.team_role'])
    .where('team_members.organization_id', '=', orgId)
    .where('team_members.team_id', '=', teamId)
    .where('members.invite_status', '=', 'approved')
    .where(sql<SqlBool>`coalesce((members.user_copy ->> 'isActive')::boolean, true)`)
    // Sorting by hidden addresses would disclose parts of them.
    .orderBy(hidesAddresses ? sql`members.user_id IS NOT NULL` : sql`members.email COLLATE "C"`, (order) => order.asc().nullsLast())
    .orderBy('members.id')
    .limit(limit)
    .offset(offset)
    .execute();
  const members = await readMembers(db, orgId, { ids: rows.map(({ id }) => id) });
  const byId = new Map(members.map((member) => [member.id, member]));
  return rows.flatMap((row) => {
    const member = byId.get(row.id);
    return member ? { member, teamRole: row.team_role as TeamRoleId | null } : [];
  });
}

/** Active users on any of the project's teams, by id (REST contract 9.1). */
export async function listMembersOfProject(db: Db, orgId: string, projectId: string): Promise<MemberRecord[]> {
  const rows = await db
    .selectFrom('members')
    .select('members.id')
    .where('members.organization_id', '=', orgId)
    .where('members.invite_status', '=', 'approved')
    .where(sql<SqlBool>`(members.user_copy ->> 'isActive')::boolean`)
    .where('members.id', 'in', (eb) =>
      eb
        .selectFrom('team_members')
        .innerJoin('project_teams', (join) =>
          join
            .onRef('project_teams.organization_id', '=', 'team_members.organization_id')
            .onRef('project_teams.team_id', '=', 'team_members.team_id'),
        )
        .select('team_members.member_id')
        .where('project_teams.organization_id', '=', orgId)
        .where('project_teams.project_id', '=', projectId),
    )
    .execute();
  return readMembers(db, orgId, { ids: rows.map(({ id }) => id) });
}

/** @throws OrgError `not-found` for a member who is not on the team */
export async function findMembership(db: Db, orgId: string, teamId: string, memberId: string): Promise<TeamMemberRecord> {
  const [row] = await readTeamMembers(db, orgId, { teamIds: [teamId], memberIds: [memberId] });
  if (!row) throw notFound();
  return row;
}
