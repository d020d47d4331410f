import { type SqlBool, sql } from 'kysely';
import type { Db } from '../../database/database.ts';

/** Approved members with an active user, by team. Pending invites do not count (spec: 8.2). A team without any is absent. */
export async function countMembersOfTeams(db: Db, teamIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (teamIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('team_members')
    .innerJoin('members', 'members.id', 'team_members.member_id')
    .select((eb) => ['team_members.team_id', eb.fn.countAll<string>().as('count')])
    .where('team_members.team_id', 'in', [...teamIds])
    .where('members.invite_status', '=', 'approved')
    .where(sql<SqlBool>`(members.user_copy ->> 'isActive')::boolean`)
    .groupBy('team_members.team_id')
    .execute();
  return new Map(rows.map(({ team_id, count }) => [team_id, Number(count)]));
}

/** The teams a member has asked to join and is not yet on. */
export async function readTeamsAskedFor(db: Db, memberId: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('access_requests').select('team_id').where('member_id', '=', memberId).execute();
  return new Set(rows.map(({ team_id }) => team_id));
}
