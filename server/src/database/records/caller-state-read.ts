import { isId, type MemberRecord, OrgState, type TeamMemberRecord, type TeamRecord } from '@rollcall/protocol';
import { type ExpressionBuilder, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Db } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { Schema } from '../schema.ts';
import { authProviderFromRow, ipAllowListFromRow } from '../security/security-records.ts';
import { countsAsTeamMember, type TeamFacts } from '../teams/team-facts.ts';
import {
  type MemberRow,
  memberColumns,
  memberFromRow,
  organizationColumns,
  organizationFromRow,
  teamColumns,
  teamFromRow,
  teamMemberFromRow,
} from './records-read.ts';

/**
 * Reads a member with their team memberships. Nearly every request begins with this, so it is one
 * statement.
 */

/**
 * The part of an organization that is needed to evaluate one caller's access: the organization, its
 * identity provider and its list of addresses, and the caller's member with their teams. Without a
 * user, there is no member. Null if the organization does not exist.
 */
export async function readCallerState(db: Db, orgId: string, userId: string | null): Promise<OrgState | null> {
  const [row] = await selectCaller(db, orgId, userId);
  return row ? stateFromRow(row) : null;
}

export interface OrganizationCaller {
  readonly orgId: string;
  readonly userId: string | null;
}

/** The states of many callers in one statement, in their order. See `readCallerState`. */
export async function readStatesOfCallers(db: Db, callers: readonly OrganizationCaller[]): Promise<(OrgState | null)[]> {
  if (callers.length === 1) return [await readCallerState(db, callers[0]!.orgId, callers[0]!.userId)];
  const orgIds = callers.map(({ orgId }) => orgId);
  const rows = await selectCallers(
    db,
    orgIds,
    callers.map(({ userId }) => userId),
  );
  const byNumber = new Map(rows.map((row) => [Number(row.caller_number), row]));
  return callers.map((_, index) => {
    const row = byNumber.get(index + 1);
    return row ? stateFromRow(row) : null;
  });
}

function stateFromRow(row: Awaited<ReturnType<typeof selectCaller>>[number]): OrgState {
  const state = new OrgState();
  state.put('organization', organizationFromRow(row));
  if (row.provider) state.put('auth-provider', authProviderFromRow({ id: row.provider_id!, provider: row.provider }));
  if (row.list) state.put('ip-allow-list', ipAllowListFromRow({ organization_id: row.id, list: row.list }));
  if (row.member_id === null) return state;
  const memberRow = Object.fromEntries(memberColumns.map((column) => [column, row[`member_${column}`]]));
  state.put('member', memberFromRow(memberRow as unknown as MemberRow));
  for (const team of row.teams) state.put('team-member', teamMemberFromRow(team));
  return state;
}

/** Prefixed, because both tables have an `id`, `flags` and `date_created`. */
const accessColumns = ['auth_providers.id as provider_id', 'auth_providers.provider', 'ip_allow_lists.list'] as const;
const prefixedMemberColumns = memberColumns.map((column) => `members.${column} as member_${column}` as const);

function callerRows(db: Db, orgId: string, userId: string | null) {
  return db
    .selectFrom('organizations')
    .leftJoin('members', (join) => join.onRef('members.organization_id', '=', 'organizations.id').on('members.user_id', '=', userId))
    .leftJoin('auth_providers', 'auth_providers.organization_id', 'organizations.id')
    .leftJoin('ip_allow_lists', 'ip_allow_lists.organization_id', 'organizations.id')
    .select(organizationColumns)
    .select(accessColumns)
    .select(prefixedMemberColumns)
    .select(selectTeams)
    .where('organizations.id', '=', orgId);
}

const selectCaller = prepared((db, orgId: string, userId: string | null) => callerRows(db, orgId, userId).compile());

export interface StateWithTeam {
  readonly state: OrgState;
  /** Null if the organization has no such team. */
  readonly team: { readonly record: TeamRecord; readonly facts: TeamFacts } | null;
}

/**
 * The caller's state, as `readCallerState`, and a team with its facts for this caller, in one
 * statement.
 * @param segment the id or the slug of the team
 */
export async function readCallerStateWithTeam(
  db: Db,
  orgId: string,
  userId: string | null,
  segment: string,
): Promise<StateWithTeam | null> {
  const [row] = await (isId(segment) ? selectCallerWithTeamById : selectCallerWithTeamBySlug)(db, orgId, userId, segment);
  if (!row) return null;
  const state = stateFromRow(row);
  if (row.team_id === null) return { state, team: null };
  const teamRow = Object.fromEntries(teamColumns.map((column) => [column, row[`team_${column}`]]));
  const record = teamFromRow(teamRow as unknown as Parameters<typeof teamFromRow>[0]);
  return { state, team: { record, facts: { memberCount: Number(row.memberCount), isRequested: Boolean(row.isRequested) } } };
}

const prefixedTeamColumns = teamColumns.map((column) => `team.${column} as team_${column}` as const);

const selectCallerWithTeamById = prepared((db, orgId: string, userId: string | null, id: string) =>
  callerRowsWithTeam(db, orgId, userId, 'team.id', id).compile(),
);
const selectCallerWithTeamBySlug = prepared((db, orgId: string, userId: string | null, slug: string) =>
  callerRowsWithTeam(db, orgId, userId, 'team.slug', slug).compile(),
);

function callerRowsWithTeam(db: Db, orgId: string, userId: string | null, column: 'team.id' | 'team.slug', segment: string) {
  return callerRows(db, orgId, userId)
    .leftJoin('teams as team', (join) => join.onRef('team.organization_id', '=', 'organizations.id').on(column, '=', segment))
    .select(prefixedTeamColumns)
    .select((eb) => [
      eb
        .selectFrom('team_members')
        .innerJoin('members as counted', (join) =>
          join
            .onRef('counted.organization_id', '=', 'team_members.organization_id')
            .onRef('counted.id', '=', 'team_members.member_id')
            .on(countsAsTeamMember('counted')),
        )
        .whereRef('team_members.organization_id', '=', 'team.organization_id')
        .whereRef('team_members.team_id', '=', 'team.id')
        .select((inner) => inner.fn.countAll<string>().as('count'))
        .as('memberCount'),
      eb
        .exists(
          eb
            .selectFrom('access_requests')
            .select('access_requests.id')
            .whereRef('access_requests.organization_id', '=', 'team.organization_id')
            .whereRef('access_requests.team_id', '=', 'team.id')
            .whereRef('access_requests.member_id', '=', 'members.id'),
        )
        .as('isRequested'),
    ]);
}

const selectCallers = prepared((db, orgIds: readonly string[], userIds: readonly (string | null)[]) =>
  db
    .selectFrom(
      sql<{ organization_id: string; user_id: string | null; number: string }>`unnest(${orgIds}::bigint[], ${userIds}::bigint[])
        WITH ORDINALITY`.as<'callers'>(sql`callers (organization_id, user_id, number)`),
    )
    .innerJoin('organizations', 'organizations.id', 'callers.organization_id')
    .leftJoin('members', (join) =>
      join.onRef('members.organization_id', '=', 'organizations.id').onRef('members.user_id', '=', 'callers.user_id'),
    )
    .leftJoin('auth_providers', 'auth_providers.organization_id', 'organizations.id')
    .leftJoin('ip_allow_lists', 'ip_allow_lists.organization_id', 'organizations.id')
    .select('callers.number as caller_number')
    .select(organizationColumns)
    .select(accessColumns)
    .select(prefixedMemberColumns)
    .select(selectTeams)
    .compile(),
);

export interface MemberWithTeams {
  readonly member: MemberRecord;
  readonly teamMembers: readonly TeamMemberRecord[];
}

export async function readMemberWithTeams(db: Db, orgId: string, memberId: string): Promise<MemberWithTeams | null> {
  const [row] = await selectMember(db, orgId, memberId);
  return row ? { member: memberFromRow(row), teamMembers: row.teams.map(teamMemberFromRow) } : null;
}

const selectMember = prepared((db, orgId: string, memberId: string) =>
  db
    .selectFrom('members')
    .select(memberColumns)
    .select(selectTeams)
    .where('organization_id', '=', orgId)
    .where('id', '=', memberId)
    .compile(),
);

/** Selects the ids as text, because they would lose digits as JSON numbers. */
function selectTeams(eb: ExpressionBuilder<Schema, 'members'>) {
  return jsonArrayFrom(
    eb
      .selectFrom('team_members')
      .whereRef('team_members.organization_id', '=', 'members.organization_id')
      .whereRef('team_members.member_id', '=', 'members.id')
      .select((inner) => [
        inner.cast<string>('team_id', 'text').as('team_id'),
        inner.cast<string>('member_id', 'text').as('member_id'),
        'team_role',
      ]),
  ).as('teams');
}
