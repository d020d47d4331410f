import { isId, type OrganizationRecord, type OrgRoleId, orgStatuses } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../../database/database.ts';
import { readOrganizations } from '../../database/records-read.ts';
import type { Schema } from '../../database/schema.ts';
import type { Actor, UserActor } from '../../domain/actor.ts';
import { conditionOf, nothing, type SearchConditions } from './search-conditions.ts';
import type { SearchTerms } from './search-terms.ts';
import { type DateWindow, millisecondsOf } from './window.ts';

/** Organizations a caller belongs to, whatever their status (spec: 5.4). */
export interface ListedOrganization {
  readonly organization: OrganizationRecord;
  /** Null for a caller without a member row. */
  readonly callerRole: OrgRoleId | null;
}

type Eb = ExpressionBuilder<Schema, 'organizations'>;

const conditions: SearchConditions<[eb: Eb, values: readonly string[]]> = {
  slug: (eb, values) => eb(sql<string>`lower(slug)`, 'in', inLowerCase(values)),
  id: (eb, values) => (values.every(isId) ? eb('id', 'in', [...values]) : nothing),
  status: (eb, values) => {
    const wanted = inLowerCase(values);
    return wanted.every((value) => (orgStatuses as readonly string[]).includes(value)) ? eb('status', 'in', wanted) : nothing;
  },
  email: (eb, values) => hasMember(eb, (members) => emailOfUser(members, values)),
  member_id: (eb, values) => (values.every(isId) ? hasMember(eb, (members) => members('members.id', 'in', [...values])) : nothing),
  platform: (eb, values) =>
    eb.exists(
      eb
        .selectFrom('projects')
        .select('projects.id')
        .whereRef('projects.organization_id', '=', 'organizations.id')
        .where('platform', 'in', [...values]),
    ),
};

function inLowerCase(values: readonly string[]): string[] {
  return values.map((value) => value.toLowerCase());
}

type MembersEb = ExpressionBuilder<Schema, 'organizations' | 'members'>;

function hasMember(eb: Eb, condition: (members: MembersEb) => Expression<SqlBool>): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('members')
      .select('members.id')
      .whereRef('members.organization_id', '=', 'organizations.id')
      .where((members) => condition(members as unknown as MembersEb)),
  );
}

function emailOfUser(members: MembersEb, emails: readonly string[]): Expression<SqlBool> {
  return members(sql<string>`lower(members.user_copy ->> 'email')`, 'in', inLowerCase(emails));
}

function matchesText(eb: Eb, text: string): Expression<SqlBool> {
  return eb.or([
    sql<SqlBool>`strpos(lower(organizations.name), lower(${text}::text)) > 0`,
    sql<SqlBool>`strpos(organizations.slug, lower(${text}::text)) > 0`,
    hasMember(eb, (members) => emailOfUser(members, [text])),
  ]);
}

/** A token that is bound to one organization says nothing about the others. */
function isOfUser(eb: Eb, { userId, boundOrgId }: UserActor): Expression<SqlBool> {
  const isMember = hasMember(eb, (members) => members('members.user_id', '=', userId));
  return boundOrgId === null ? isMember : eb.and([isMember, eb('organizations.id', '=', boundOrgId)]);
}

/** The ids of what the caller belongs to and searches for. An unknown key finds nothing. */
function selectFound(db: Db, actor: Actor, search: SearchTerms) {
  return db
    .selectFrom('organizations')
    .select('organizations.id')
    .where((eb) => {
      if (actor.kind === 'user') return isOfUser(eb, actor);
      return actor.kind === 'org-token' ? eb('organizations.id', '=', actor.orgId) : nothing;
    })
    .where((eb) => eb.and([...search.filters].map(([key, values]) => conditionOf(conditions, key, eb, values))))
    .where((eb) => (search.text === '' ? eb.lit(true) : matchesText(eb, search.text)));
}

const createdMs = millisecondsOf('organizations.date_created');

export async function listOrganizationsByDate(
  db: Db,
  actor: Actor,
  search: SearchTerms,
  window: DateWindow,
): Promise<ListedOrganization[]> {
  const direction = window.isPrevious ? 'asc' : 'desc';
  let query = selectFound(db, actor, search);
  if (window.value !== null) query = query.where(createdMs, window.isPrevious ? '>=' : '<=', window.value);
  const rows = await query
    .orderBy('organizations.date_created', direction)
    .orderBy('organizations.id', direction)
    .limit(window.limit)
    .offset(window.offset)
    .execute();
  return readListed(db, actor, rows);
}

/** Most members or projects first. */
export async function listOrganizationsBySize(
  db: Db,
  actor: Actor,
  search: SearchTerms,
  by: 'members' | 'projects',
  limit: number,
  offset: number,
): Promise<ListedOrganization[]> {
  const rows = await selectFound(db, actor, search)
    .orderBy((eb) => countOf(eb, by), 'desc')
    .orderBy('organizations.id')
    .limit(limit)
    .offset(offset)
    .execute();
  return readListed(db, actor, rows);
}

function countOf(eb: Eb, by: 'members' | 'projects') {
  return by === 'members'
    ? eb
        .selectFrom('members')
        .select((rows) => rows.fn.countAll().as('count'))
        .whereRef('members.organization_id', '=', 'organizations.id')
    : eb
        .selectFrom('projects')
        .select((rows) => rows.fn.countAll().as('count'))
        .whereRef('projects.organization_id', '=', 'organizations.id');
}

async function readListed(db: Db, actor: Actor, rows: readonly { id: string }[]): Promise<ListedOrganization[]> {
  const ids = rows.map(({ id }) => id);
  const organizations = new Map((await readOrganizations(db, ids)).map((organization) => [organization.id, organization]));
  const roles = actor.kind === 'user' ? await readRoles(db, actor.userId, ids) : new Map<string, OrgRoleId>();
  return ids.flatMap((id) => {
    const organization = organizations.get(id);
    return organization ? [{ organization, callerRole: roles.get(id) ?? null }] : [];
  });
}

async function readRoles(db: Db, userId: string, orgIds: readonly string[]): Promise<ReadonlyMap<string, OrgRoleId>> {
  if (orgIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('members')
    .select(['organization_id', 'role'])
    .where('user_id', '=', userId)
    .where('organization_id', 'in', [...orgIds])
    .execute();
  return new Map(rows.map((row) => [row.organization_id, row.role as OrgRoleId]));
}
