import { isId, type OrganizationRecord, type OrgRoleId, orgRoleIds, orgRoles, orgStatuses } from '@rollcall/protocol';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { detachedUserId } from '../../../database/records/records-read.ts';
import type { Schema } from '../../../database/schema.ts';
import type { CallingActor, UserActor } from '../../../domain/actor.ts';
import { denialOf } from '../../../domain/authorize.ts';
import { conditionOf, inLowerCase, matchesNothing, nameOrSlugContains, type SearchConditions } from '../search-conditions.ts';
import type { SearchTerms } from '../search-terms.ts';
import { type DateWindow, millisecondsOf } from '../window.ts';
import { type CallerState, readAdmittedIds, readCallerStates } from './caller-states.ts';

/** An organization to which a caller belongs, in any status (REST contract 5.4). */
export interface OrganizationRow {
  readonly organization: OrganizationRecord;
  /** Null for a caller without a member row. */
  readonly callerRole: OrgRoleId | null;
  /** The reason for which the caller may not see its contents. Null if there is none. */
  readonly blocked: Blocked | null;
}

const blockingDenials = ['two-factor-required', 'sso-required', 'sudo-required', 'address-not-allowed'] as const;
export type Blocked = (typeof blockingDenials)[number];

/** The caller whose organizations are listed. */
export interface OrganizationLister {
  readonly actor: CallingActor;
  /**
   * Whether to include organizations whose member the caller was until a second factor was required
   * (REST contract 5.6). The caller can set one up.
   */
  readonly withDetached: boolean;
}

/** The caller of a search. */
interface Searcher {
  readonly actor: CallingActor;
  /**
   * The organizations to which the caller has access at the moment. Only their members and projects
   * match a search, because a result discloses them. Null for all organizations.
   */
  readonly admittedIds: readonly string[] | null;
}

type Eb = ExpressionBuilder<Schema, 'organizations'>;

const conditions: SearchConditions<[eb: Eb, values: readonly string[], searcher: Searcher]> = {
  slug: (eb, values) => eb(sql<string>`lower(slug)`, 'in', inLowerCase(values)),
  id: (eb, values) => (values.every(isId) ? eb('id', 'in', [...values]) : matchesNothing),
  status: (eb, values) => {
    const wanted = inLowerCase(values);
    return wanted.every((value) => (orgStatuses as readonly string[]).includes(value)) ? eb('status', 'in', wanted) : matchesNothing;
  },
  email: (eb, values, searcher) => hasAddress(eb, values, searcher),
  member_id: (eb, values, searcher) =>
    values.every(isId)
      ? eb.and([isAdmitted(eb, searcher), hasMember(eb, (members) => members('members.id', 'in', [...values]))])
      : matchesNothing,
  platform: (eb, values, searcher) =>
    eb.and([
      isAdmitted(eb, searcher),
      eb.exists(
        eb
          .selectFrom('projects')
          .select('projects.id')
          .whereRef('projects.organization_id', '=', 'organizations.id')
          .where('platform', 'in', [...values]),
      ),
    ]),
};

function isAdmitted(eb: Eb, { admittedIds }: Searcher): Expression<SqlBool> {
  return admittedIds === null ? sql<SqlBool>`true` : eb('organizations.id', '=', anyOf('bigint', admittedIds));
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

/**
 * A member's address matches only if the caller may see it, because a search result discloses the
 * address.
 */
function hasAddress(eb: Eb, emails: readonly string[], searcher: Searcher): Expression<SqlBool> {
  return eb.and([
    eb.or([sql<SqlBool>`NOT (organizations.flags ->> 'enhancedPrivacy')::boolean`, managesMembers(eb, searcher.actor)]),
    isAdmitted(eb, searcher),
    hasMember(eb, (members) => emailOfUser(members, emails)),
  ]);
}

const rolesThatManageMembers = orgRoleIds.filter((role) => orgRoles[role].scopes.includes('member:write'));

/**
 * The same rule as `hidesAddresses` for one organization: `member:write`, which needs a second
 * factor where one is required.
 */
function managesMembers(eb: Eb, actor: CallingActor): Expression<SqlBool> {
  if (actor.kind === 'service') return sql<SqlBool>`true`;
  if (actor.tokenScopes && !actor.tokenScopes.has('member:write')) return matchesNothing;
  if (actor.kind === 'org-token') return sql<SqlBool>`true`;
  return hasMember(eb, (members) =>
    members.and([
      members('members.user_id', '=', actor.userId),
      members('members.role', 'in', rolesThatManageMembers),
      members.or([
        sql<SqlBool>`NOT (organizations.flags ->> 'require2FA')::boolean`,
        sql<SqlBool>`(members.user_copy ->> 'has2fa')::boolean`,
      ]),
    ]),
  );
}

function matchesText(eb: Eb, text: string, searcher: Searcher): Expression<SqlBool> {
  return eb.or([nameOrSlugContains('organizations', text), hasAddress(eb, [text], searcher)]);
}

/** A credential that is bound to some organizations returns no others. */
function isOfUser(eb: Eb, { userId, boundOrgIds }: UserActor, withDetached: boolean): Expression<SqlBool> {
  const isMember = hasMember(eb, (members) => {
    const isTheirs = members('members.user_id', '=', userId);
    return withDetached ? members.or([isTheirs, isDetachedFrom(members, userId)]) : isTheirs;
  });
  return boundOrgIds === null ? isMember : eb.and([isMember, eb('organizations.id', '=', anyOf('bigint', [...boundOrgIds]))]);
}

/** The organizations that a caller may list. */
function isListed(eb: Eb, { actor, withDetached }: OrganizationLister): Expression<SqlBool> {
  if (actor.kind === 'service') return sql<SqlBool>`true`;
  return actor.kind === 'user' ? isOfUser(eb, actor, withDetached) : eb('organizations.id', '=', actor.orgId);
}

function isDetachedFrom(members: ExpressionBuilder<Schema, 'members'>, userId: string): Expression<SqlBool> {
  return members.and([members('members.user_id', 'is', null), members(detachedUserId, '=', userId)]);
}

/**
 * The ids of the organizations to which the caller belongs and that match the search. An unknown
 * key matches nothing.
 */
function selectFound(db: Db, lister: OrganizationLister, searcher: Searcher, search: SearchTerms) {
  return db
    .selectFrom('organizations')
    .select('organizations.id')
    .where((eb) => isListed(eb, lister))
    .where((eb) => eb.and([...search.filters].map(([key, values]) => conditionOf(conditions, key, eb, values, searcher))))
    .where((eb) => (search.text === '' ? eb.lit(true) : matchesText(eb, search.text, searcher)));
}

async function searcherOf(db: Db, { actor }: OrganizationLister, search: SearchTerms): Promise<Searcher> {
  const isSearch = search.text !== '' || search.filters.size > 0;
  return { actor, admittedIds: isSearch ? await readAdmittedIds(db, actor) : [] };
}

const createdMs = millisecondsOf('organizations.date_created');

export async function listOrganizationsByDate(
  db: Db,
  lister: OrganizationLister,
  search: SearchTerms,
  window: DateWindow,
): Promise<OrganizationRow[]> {
  const direction = window.isPrevious ? 'asc' : 'desc';
  let query = selectFound(db, lister, await searcherOf(db, lister, search), search);
  if (window.value !== null) query = query.where(createdMs, window.isPrevious ? '>=' : '<=', window.value);
  const rows = await query
    .orderBy('organizations.date_created', direction)
    .orderBy('organizations.id', direction)
    .limit(window.limit)
    .offset(window.offset)
    .execute();
  return readListed(db, lister, rows);
}

/** Sorted by the number of members or projects, largest first. */
export async function listOrganizationsBySize(
  db: Db,
  lister: OrganizationLister,
  search: SearchTerms,
  by: 'members' | 'projects',
  limit: number,
  offset: number,
): Promise<OrganizationRow[]> {
  const rows = await selectFound(db, lister, await searcherOf(db, lister, search), search)
    .orderBy((eb) => countOf(eb, by), 'desc')
    .orderBy('organizations.id')
    .limit(limit)
    .offset(offset)
    .execute();
  return readListed(db, lister, rows);
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

async function readListed(db: Db, { actor }: OrganizationLister, rows: readonly { id: string }[]): Promise<OrganizationRow[]> {
  const ids = rows.map(({ id }) => id);
  const states = await readCallerStates(db, actor, ids);
  return ids.flatMap((id) => {
    const found = states.get(id);
    if (!found) return [];
    const { state, member } = found;
    return [{ organization: state.organization!, callerRole: member?.orgRole ?? null, blocked: blockOf(found, actor) }];
  });
}

function blockOf({ state, member }: CallerState, actor: CallingActor): Blocked | null {
  if (member?.user === null) return 'two-factor-required';
  const denial = denialOf(state, actor);
  return blockingDenials.find((one) => one === denial) ?? null;
}
