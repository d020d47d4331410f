import {
  type AuthTokenRecord,
  completeOrganization,
  isId,
  isSameJson,
  type MemberRecord,
  type MemberUser,
  newMemberFlags,
  type OrganizationRecord,
  type OrgRecord,
  organizationRecordSchema,
  orgRoles,
  type ProjectRecord,
  type ProjectTeamRecord,
  projectTeamId,
  type RecordKind,
  type TeamMemberRecord,
  type TeamRecord,
  type TeamRoleId,
  teamMemberId,
} from '@rollcall/protocol';
import { type Selectable, sql } from 'kysely';
import { sortedKeys } from '../../runtime/collections/sorted-keys.ts';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { Schema } from '../schema.ts';

/**
 * Reads rows as the records that the log and all viewers use. `records-write.ts` does the reverse.
 * The organization and the numerous kinds have their keys in alphabetical order, because
 * `canonicalJson` then takes a third of the time.
 */

/**
 * Matches any of the given ids. An empty list matches nothing. An absent list does not restrict the
 * result.
 */
type Ids = readonly string[];

/** The filter for a path segment, which is an id or a slug. */
export function byIdOrSlug(segment: string): { readonly ids: Ids } | { readonly slugs: Ids } {
  return isId(segment) ? { ids: [segment] } : { slugs: [segment] };
}

/**
 * All fields in alphabetical order. A record that begins with them keeps the order. It also has the
 * defaults of the fields that its row lacks because they did not exist when it was stored.
 */
const sortedOrganization = sortedKeys({
  ...Object.fromEntries(Object.keys(organizationRecordSchema.shape).map((name) => [name, undefined])),
  ...completeOrganization({}),
}) as unknown as OrganizationRecord;

export function organizationFromRow(row: Omit<Selectable<Schema['organizations']>, 'remove_at' | 'external_id'>): OrganizationRecord {
  return {
    ...sortedOrganization,
    ...row.flags,
    ...row.settings,
    id: row.id,
    slug: row.slug,
    name: row.name,
    status: row.status as OrganizationRecord['status'],
    dateCreated: row.date_created,
    defaultRole: row.default_role as OrganizationRecord['defaultRole'],
    avatarType: row.avatar_type as OrganizationRecord['avatarType'],
    avatarUuid: row.avatar_uuid,
  };
}

/**
 * Columns are selected by name, so that an instance can still read after a newer version adds a
 * column.
 */
export const organizationColumns = [
  'organizations.id',
  'organizations.slug',
  'organizations.name',
  'organizations.status',
  'organizations.default_role',
  'organizations.avatar_type',
  'organizations.avatar_uuid',
  'organizations.flags',
  'organizations.settings',
  'organizations.date_created',
] as const;

export async function readOrganizations(db: Db, orgIds: Ids): Promise<OrganizationRecord[]> {
  const rows = await db.selectFrom('organizations').select(organizationColumns).where('id', '=', anyOf('bigint', orgIds)).execute();
  return rows.map(organizationFromRow);
}

export type MemberRow = Omit<
  Selectable<Schema['members']>,
  'organization_id' | 'invite_token_hash' | 'invite_token_nonce' | 'scim_external_id'
>;

export const memberColumns = [
  'id',
  'user_id',
  'user_copy',
  'email',
  'role',
  'flags',
  'invite_status',
  'inviter_id',
  'inviter_name',
  'invite_expires_at',
  'detached_user',
  'date_created',
  'is_recovery_owner',
] as const;

/**
 * The texts of columns that have few, and the flags of most members, are shared by all records.
 * Otherwise each record has copies of its own, which take a quarter of a member's memory.
 */
const sharedTexts: ReadonlyMap<string, string> = new Map([...Object.keys(orgRoles), 'approved'].map((text) => [text, text]));

function sharedText(text: string): string {
  return sharedTexts.get(text) ?? text;
}

export function memberFromRow(row: MemberRow): MemberRecord {
  const user = row.user_copy ? memberUserFrom(row.user_copy as MemberUser) : null;
  const email = user?.email ?? row.email;
  const member: MemberRecord = {
    dateCreated: row.date_created,
    email,
    flags: isSameJson(row.flags, newMemberFlags) ? newMemberFlags : sortedKeys(row.flags as MemberRecord['flags']),
    id: row.id,
    inviteExpiresAt: row.invite_expires_at,
    inviteStatus: sharedText(row.invite_status) as MemberRecord['inviteStatus'],
    inviterId: row.inviter_id,
    inviterName: row.inviter_name,
    name: user?.name || email || '',
    orgRole: sharedText(row.role) as MemberRecord['orgRole'],
    pending: user === null,
    user,
  };
  const isDetached = user === null && Boolean(row.detached_user);
  if (!isDetached && !row.is_recovery_owner) return member;
  return sortedKeys({
    ...member,
    ...(isDetached && { detachedUser: row.detached_user }),
    ...(row.is_recovery_owner && { isRecoveryOwner: true }),
  } as MemberRecord);
}

/** Fields that this version does not know stay. */
function memberUserFrom({ email, has2fa, id, isActive, name, username, ...others }: MemberUser): MemberUser {
  return { email, has2fa, id, isActive, name, username, ...others };
}

export async function readOrganization(db: Db, orgId: string): Promise<OrganizationRecord | null> {
  const row = await db.selectFrom('organizations').select(organizationColumns).where('id', '=', orgId).executeTakeFirst();
  return row ? organizationFromRow(row) : null;
}

/** Must equal the indexed expression. It is valid only in rows without a `user_id`. */
export const detachedUserId = sql<string>`(members.detached_user ->> 'id')::bigint`;

export interface MemberFilter {
  readonly ids?: Ids;
  readonly userIds?: Ids;
  /** Addresses that are compared without case, and only with those of invites. */
  readonly inviteEmails?: Ids;
  readonly roles?: Ids;
  readonly isRecoveryOwner?: true;
  /** Members without a user. */
  readonly isPending?: true;
  /** Members who are locked out by a required second factor. */
  readonly isDetached?: true;
  /** Members with any of these flags. */
  readonly flags?: readonly (keyof MemberRecord['flags'])[];
  /** Locked-out members of these users. */
  readonly detachedUserIds?: Ids;
}

export async function readMembers(db: Db, orgId: string, filter: MemberFilter = {}): Promise<MemberRecord[]> {
  let query = db.selectFrom('members').select(memberColumns).where('organization_id', '=', orgId);
  if (filter.ids) query = query.where('id', '=', anyOf('bigint', filter.ids));
  if (filter.userIds) query = query.where('user_id', '=', anyOf('bigint', filter.userIds));
  if (filter.inviteEmails) {
    const emails = filter.inviteEmails.map((email) => email.toLowerCase());
    query = query.where((eb) => eb.fn<string>('lower', ['email']), '=', anyOf('text', emails));
  }
  if (filter.roles) query = query.where('role', '=', anyOf('text', filter.roles));
  if (filter.isRecoveryOwner) query = query.where('is_recovery_owner', '=', true);
  if (filter.isPending) query = query.where('user_id', 'is', null);
  if (filter.isDetached) query = query.where('user_id', 'is', null).where('detached_user', 'is not', null);
  if (filter.flags) {
    const isSet = sql<boolean>`EXISTS (SELECT FROM jsonb_each(flags) AS flag WHERE key = ${anyOf('text', filter.flags)} AND value = 'true')`;
    query = query.where(isSet);
  }
  if (filter.detachedUserIds) {
    query = query.where('user_id', 'is', null).where(detachedUserId, '=', anyOf('bigint', filter.detachedUserIds));
  }
  return (await query.orderBy('id').execute()).map(memberFromRow);
}

export const teamColumns = ['id', 'slug', 'name', 'flags', 'date_created'] as const;

export function teamFromRow(row: Pick<Selectable<Schema['teams']>, (typeof teamColumns)[number]>): TeamRecord {
  return { dateCreated: row.date_created, flags: row.flags as TeamRecord['flags'], id: row.id, name: row.name, slug: row.slug };
}

export type TeamFilter = { readonly ids: Ids } | { readonly slugs: Ids };

export async function readTeams(db: Db, orgId: string, filter?: TeamFilter): Promise<TeamRecord[]> {
  return (await selectTeams(db, orgId, filter)).map(teamFromRow);
}

function selectTeams(db: Db, orgId: string, filter?: TeamFilter) {
  if (!filter) return selectAllTeams(db, orgId);
  const values = 'ids' in filter ? filter.ids : filter.slugs;
  if (values.length !== 1) return 'ids' in filter ? selectTeamsById(db, orgId, values) : selectTeamsBySlug(db, orgId, values);
  return 'ids' in filter ? selectTeamById(db, orgId, values[0]!) : selectTeamBySlug(db, orgId, values[0]!);
}

function teamsOf(db: Db, orgId: string) {
  return db.selectFrom('teams').select(teamColumns).where('organization_id', '=', orgId).orderBy('slug');
}

const selectAllTeams = prepared((db, orgId: string) => teamsOf(db, orgId).compile());
const selectTeamById = prepared((db, orgId: string, id: string) => teamsOf(db, orgId).where('id', '=', id).compile());
const selectTeamBySlug = prepared((db, orgId: string, slug: string) => teamsOf(db, orgId).where('slug', '=', slug).compile());
const selectTeamsById = prepared((db, orgId: string, ids: Ids) => teamsOf(db, orgId).where('id', '=', anyOf('bigint', ids)).compile());
const selectTeamsBySlug = prepared((db, orgId: string, slugs: Ids) =>
  teamsOf(db, orgId).where('slug', '=', anyOf('text', slugs)).compile(),
);

export const teamMemberColumns = ['team_id', 'member_id', 'team_role'] as const;

export function teamMemberFromRow(row: Pick<Selectable<Schema['team_members']>, (typeof teamMemberColumns)[number]>): TeamMemberRecord {
  return {
    id: teamMemberId(row.team_id, row.member_id),
    memberId: row.member_id,
    teamId: row.team_id,
    teamRole: row.team_role as TeamRoleId | null,
  };
}

export async function readTeamMembers(db: Db, orgId: string, filter: { teamIds?: Ids; memberIds?: Ids } = {}): Promise<TeamMemberRecord[]> {
  let query = db.selectFrom('team_members').select(teamMemberColumns).where('organization_id', '=', orgId);
  if (filter.teamIds) query = query.where('team_id', '=', anyOf('bigint', filter.teamIds));
  if (filter.memberIds) query = query.where('member_id', '=', anyOf('bigint', filter.memberIds));
  return (await query.execute()).map(teamMemberFromRow);
}

export const projectColumns = ['id', 'slug', 'name', 'platform', 'date_created'] as const;

export function projectFromRow(row: Pick<Selectable<Schema['projects']>, (typeof projectColumns)[number]>): ProjectRecord {
  return { dateCreated: row.date_created, id: row.id, name: row.name, platform: row.platform, slug: row.slug };
}

export interface ProjectFilter {
  readonly ids?: Ids;
  readonly slugs?: Ids;
}

export async function readProjects(db: Db, orgId: string, filter: ProjectFilter = {}): Promise<ProjectRecord[]> {
  let query = db.selectFrom('projects').select(projectColumns).where('organization_id', '=', orgId);
  if (filter.ids) query = query.where('id', '=', anyOf('bigint', filter.ids));
  if (filter.slugs) query = query.where('slug', '=', anyOf('text', filter.slugs));
  return (await query.orderBy('slug').execute()).map(projectFromRow);
}

export const projectTeamColumns = ['project_id', 'team_id'] as const;

export function projectTeamFromRow(row: Pick<Selectable<Schema['project_teams']>, (typeof projectTeamColumns)[number]>): ProjectTeamRecord {
  return { id: projectTeamId(row.project_id, row.team_id), projectId: row.project_id, teamId: row.team_id };
}

export async function readProjectTeams(
  db: Db,
  orgId: string,
  filter: { projectIds?: Ids; teamIds?: Ids } = {},
): Promise<ProjectTeamRecord[]> {
  let query = db.selectFrom('project_teams').select(projectTeamColumns).where('organization_id', '=', orgId);
  if (filter.projectIds) query = query.where('project_id', '=', anyOf('bigint', filter.projectIds));
  if (filter.teamIds) query = query.where('team_id', '=', anyOf('bigint', filter.teamIds));
  return (await query.execute()).map(projectTeamFromRow);
}

export const authTokenColumns = ['id', 'name', 'scopes', 'token_last_characters', 'date_created'] as const;

export function authTokenFromRow(row: Pick<Selectable<Schema['auth_tokens']>, (typeof authTokenColumns)[number]>): AuthTokenRecord {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes as AuthTokenRecord['scopes'],
    tokenLastCharacters: row.token_last_characters,
    dateCreated: row.date_created,
  };
}

export async function readAuthTokens(db: Db, orgId: string): Promise<AuthTokenRecord[]> {
  const query = db.selectFrom('auth_tokens').select(authTokenColumns).where('organization_id', '=', orgId).where('user_id', 'is', null);
  return (await query.execute()).map(authTokenFromRow);
}

export interface KindedRecord {
  readonly kind: RecordKind;
  readonly record: OrgRecord;
}
