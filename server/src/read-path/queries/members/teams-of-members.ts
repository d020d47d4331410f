import type { TeamRoleId } from '@rollcall/protocol';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';

export interface TeamOfMember {
  readonly teamSlug: string;
  /** The stored team role. Null when the org role gives as much (REST contract 4.2). */
  readonly role: TeamRoleId | null;
}

/** Each member's teams, by slug. Members without teams are absent. */
export async function readTeamsOfMembers(
  db: Db,
  orgId: string,
  memberIds: readonly string[],
): Promise<ReadonlyMap<string, readonly TeamOfMember[]>> {
  if (memberIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('team_members')
    .innerJoin('teams', (join) =>
      join.onRef('teams.organization_id', '=', 'team_members.organization_id').onRef('teams.id', '=', 'team_members.team_id'),
    )
    .select(['team_members.member_id', 'team_members.team_role', 'teams.slug'])
    .where('team_members.organization_id', '=', orgId)
    .where('team_members.member_id', '=', anyOf('bigint', memberIds))
    .orderBy('teams.slug')
    .execute();
  const teams = new Map<string, TeamOfMember[]>();
  for (const row of rows) {
    const entry = { teamSlug: row.slug, role: row.team_role as TeamRoleId | null };
    teams.set(row.member_id, [...(teams.get(row.member_id) ?? []), entry]);
  }
  return teams;
}
