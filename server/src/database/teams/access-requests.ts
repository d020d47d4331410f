import type { AccessRequestRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';

/** Requests for access to teams, as rows and as records. */

export const accessRequestColumns = ['id', 'team_id', 'member_id', 'requester_id'] as const;

interface AccessRequestRow {
  readonly id: string;
  readonly team_id: string;
  readonly member_id: string;
  readonly requester_id: string | null;
}

export function accessRequestFromRow(row: AccessRequestRow): AccessRequestRecord {
  return { id: row.id, teamId: row.team_id, memberId: row.member_id, requesterId: row.requester_id };
}

export async function readAccessRequests(db: Db, orgId: string): Promise<AccessRequestRecord[]> {
  const query = db.selectFrom('access_requests').select(accessRequestColumns).where('organization_id', '=', orgId);
  return (await query.orderBy('id').execute()).map(accessRequestFromRow);
}

export async function findAccessRequest(db: Db, orgId: string, requestId: string): Promise<AccessRequestRecord | null> {
  const query = db.selectFrom('access_requests').select(accessRequestColumns).where('organization_id', '=', orgId);
  const row = await query.where('id', '=', requestId).executeTakeFirst();
  return row ? accessRequestFromRow(row) : null;
}

/** The teams, members and pairs of both whose requests are read. */
export interface AccessRequestSubjects {
  readonly teamIds: readonly string[];
  readonly memberIds: readonly string[];
  /** Pairs of a team and a member. */
  readonly pairs: readonly { readonly teamId: string; readonly memberId: string }[];
}

/** Requests for any of the teams, by any of the members, or for any of the pairs. */
export async function readAccessRequestsAbout(
  db: Db,
  orgId: string,
  { teamIds, memberIds, pairs }: AccessRequestSubjects,
): Promise<AccessRequestRecord[]> {
  const pairTeams = pairs.map(({ teamId }) => teamId);
  const pairMembers = pairs.map(({ memberId }) => memberId);
  const rows = await db
    .selectFrom('access_requests')
    .select(accessRequestColumns)
    .where('organization_id', '=', orgId)
    .where((eb) =>
      eb.or([
        eb('team_id', '=', anyOf('bigint', teamIds)),
        eb('member_id', '=', anyOf('bigint', memberIds)),
        sql<boolean>`(team_id, member_id) IN (SELECT team, member FROM unnest(${pairTeams}::bigint[], ${pairMembers}::bigint[]) AS pair (team, member))`,
      ]),
    )
    .execute();
  return rows.map(accessRequestFromRow);
}

/** Counts the requests that a user made, for themselves or for others. 0 without a user. */
export async function countAccessRequestsOf(db: Db, orgId: string, userId: string | null): Promise<number> {
  if (userId === null) return 0;
  const { count } = await db
    .selectFrom('access_requests')
    .innerJoin('members', (join) =>
      join.onRef('members.organization_id', '=', 'access_requests.organization_id').onRef('members.id', '=', 'access_requests.member_id'),
    )
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('access_requests.organization_id', '=', orgId)
    .where(sql<boolean>`coalesce(access_requests.requester_id, members.user_id) = ${userId}::bigint`)
    .executeTakeFirstOrThrow();
  return count;
}
