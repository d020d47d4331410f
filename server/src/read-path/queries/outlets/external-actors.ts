import type { ExternalTeamRecord, ExternalUserRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readExternalTeamsOf, readExternalUsersOf } from '../../../database/outlets/mappings.ts';

/** The mappings of these members, by member. */
export async function externalUsersOfMembers(
  db: Db,
  orgId: string,
  memberIds: readonly string[],
): Promise<ReadonlyMap<string, ExternalUserRecord[]>> {
  return grouped(await readExternalUsersOf(db, orgId, { memberIds, integrationIds: [] }), ({ memberId }) => memberId);
}

/** The mappings of these teams, by team. */
export async function externalTeamsOfTeams(
  db: Db,
  orgId: string,
  teamIds: readonly string[],
): Promise<ReadonlyMap<string, ExternalTeamRecord[]>> {
  return grouped(await readExternalTeamsOf(db, orgId, { teamIds, integrationIds: [] }), ({ teamId }) => teamId);
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}
