import {
  type LogChange,
  type MemberRecord,
  type OrgRecord,
  orgFlagsSchema,
  orgSettingsSchema,
  orgSsoSchema,
  type SavedKind,
  savedKinds,
} from '@rollcall/protocol';
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../database.ts';
import { prepared } from '../prepared.ts';

/**
 * Changes as rows. Removed records are deleted first, children before their parents. Values outside
 * the records (token hashes, secret parts of client keys) are saved by the command that has them.
 */

/** Records of one kind, or the values of their rows. */
export interface RowsOfKind {
  readonly kind: SavedKind;
  readonly rows: readonly object[];
}

/** The removed records, children before their parents. */
export function removedRecordsOf(changes: readonly LogChange[]): RowsOfKind[] {
  return byKind(changes.filter(({ after }) => after === null).map(({ kind, before }) => ({ kind, row: before! }))).reverse();
}

/** The rows of the new and changed records. */
export function putRecordsOf(changes: readonly LogChange[]): RowsOfKind[] {
  const put = changes.flatMap(({ kind, after }) => (after === null ? [] : [{ kind, row: after }]));
  return byKind(put).map(({ kind, rows }) => {
    const toRow = rowOf[kind];
    return { kind, rows: toRow ? rows.map(toRow) : rows };
  });
}

/** In the order of `savedKinds`. Kinds that commands save themselves are left out. */
function byKind(records: readonly { readonly kind: string; readonly row: OrgRecord }[]): { kind: SavedKind; rows: OrgRecord[] }[] {
  const grouped = new Map<string, OrgRecord[]>();
  for (const { kind, row } of records) {
    const rows = grouped.get(kind);
    if (rows) rows.push(row);
    else grouped.set(kind, [row]);
  }
  return savedKinds.flatMap((kind) => {
    const rows = grouped.get(kind);
    return rows ? [{ kind, rows }] : [];
  });
}

/**
 * Deletes the rows of removed records.
 * @param records as JSON
 */
export function deleteRecords(tx: Tx, orgId: string, kind: SavedKind, records: string): Promise<unknown> {
  return deletes[kind](tx, orgId, records);
}

/**
 * A part of the statement that appends to the log. PostgreSQL checks foreign keys at the end of the
 * statement, so the order of its parts doesn't matter.
 */
export function upsertRecords(kind: SavedKind, orgId: string, rows: string): RawBuilder<unknown> {
  return upserts[kind](orgId, recordset(rows));
}

/** The saved value, for kinds where it differs from the record. */
const rowOf: Partial<Record<SavedKind, (record: OrgRecord) => object>> = {
  // The schemas remove fields of other columns, so each column gets its own part of the record.
  organization: (record) => ({
    ...record,
    flags: { ...orgFlagsSchema.parse(record), ...orgSsoSchema.parse(record) },
    settings: orgSettingsSchema.parse(record),
  }),
  'project-settings': ({ id, ...settings }) => ({ id, settings }),
  'auth-provider': ({ id, ...provider }) => ({ id, provider }),
  'ip-allow-list': ({ id, ...list }) => ({ id, list }),
  retention: ({ id, ...retention }) => ({ id, retention }),
  webhook: ({ id, ...webhook }) => ({ id, webhook }),
  integration: ({ id, provider, externalId, ...integration }) => ({ id, provider, externalId, integration }),
  member(record) {
    const { user, email } = record as unknown as MemberRecord;
    // Accepting an invite clears its address, because only the user's own address counts (REST
    // contract 6).
    return { ...record, userId: user?.id ?? null, email: user ? null : email, isRecoveryOwner: record.isRecoveryOwner === true };
  },
};

/**
 * Records are passed as one JSON value, so that the statement is the same for any number of them.
 */
function recordset(records: string): RawBuilder<unknown> {
  return sql`jsonb_to_recordset(${records}::jsonb)`;
}

type Build = (orgId: string, records: RawBuilder<unknown>) => RawBuilder<unknown>;
type Statement = (tx: Tx, orgId: string, records: string) => Promise<unknown>;

function statement(build: Build): Statement {
  return prepared((db, orgId: string, records: string) => build(orgId, recordset(records)).compile(db));
}

const upserts: Readonly<Record<SavedKind, Build>> = {
  // Flags and settings that only a newer version knows keep their values.
  organization: (orgId, records) => sql`
      INSERT INTO organizations (id, slug, name, status, default_role, avatar_type, avatar_uuid, flags, settings, date_created)
      SELECT id, slug, name, status, "defaultRole", "avatarType", "avatarUuid", flags, settings, "dateCreated"
      FROM ${records} AS record (id bigint, slug text, name text, status text, "defaultRole" text, "avatarType" text,
        "avatarUuid" text, flags jsonb, settings jsonb, "dateCreated" timestamptz)
      WHERE id = ${orgId}
      ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, status = excluded.status,
        default_role = excluded.default_role, avatar_type = excluded.avatar_type, avatar_uuid = excluded.avatar_uuid,
        flags = organizations.flags || excluded.flags, settings = organizations.settings || excluded.settings,
        remove_at = CASE WHEN excluded.status <> 'active' THEN organizations.remove_at END`,
  // A member with a user has no invite left to accept. A JSON null becomes an SQL NULL.
  member: (orgId, records) => sql`
      INSERT INTO members (id, organization_id, user_id, user_copy, email, role, flags, invite_status, inviter_id, inviter_name,
        invite_expires_at, detached_user, date_created, is_recovery_owner)
      SELECT id, ${orgId}::bigint, "userId", "user", email, "orgRole", flags, "inviteStatus", "inviterId", "inviterName",
        "inviteExpiresAt", "detachedUser", "dateCreated", "isRecoveryOwner"
      FROM ${records} AS record (id bigint, "userId" bigint, "user" jsonb, email text, "orgRole" text, flags jsonb,
        "inviteStatus" text, "inviterId" bigint, "inviterName" text, "inviteExpiresAt" timestamptz,
        "detachedUser" jsonb, "dateCreated" timestamptz, "isRecoveryOwner" boolean)
      ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, user_copy = excluded.user_copy, email = excluded.email,
        role = excluded.role, flags = excluded.flags, invite_status = excluded.invite_status, inviter_id = excluded.inviter_id,
        inviter_name = excluded.inviter_name, invite_expires_at = excluded.invite_expires_at,
        detached_user = excluded.detached_user, is_recovery_owner = excluded.is_recovery_owner,
        invite_token_hash = CASE WHEN excluded.user_id IS NULL THEN members.invite_token_hash END,
        invite_token_nonce = CASE WHEN excluded.user_id IS NULL THEN members.invite_token_nonce END`,
  team: (orgId, records) => sql`
      INSERT INTO teams (id, organization_id, slug, name, flags, date_created)
      SELECT id, ${orgId}::bigint, slug, name, flags, "dateCreated"
      FROM ${records} AS record (id bigint, slug text, name text, flags jsonb, "dateCreated" timestamptz)
      ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, flags = excluded.flags`,
  project: (orgId, records) => sql`
      INSERT INTO projects (id, organization_id, slug, name, platform, date_created)
      SELECT id, ${orgId}::bigint, slug, name, platform, "dateCreated"
      FROM ${records} AS record (id bigint, slug text, name text, platform text, "dateCreated" timestamptz)
      ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, platform = excluded.platform`,
  'team-member': (orgId, records) => sql`
      INSERT INTO team_members (organization_id, team_id, member_id, team_role)
      SELECT ${orgId}::bigint, "teamId", "memberId", "teamRole"
      FROM ${records} AS record ("teamId" bigint, "memberId" bigint, "teamRole" text)
      ON CONFLICT (team_id, member_id) DO UPDATE SET team_role = excluded.team_role`,
  'project-team': (orgId, records) => sql`
      INSERT INTO project_teams (organization_id, project_id, team_id)
      SELECT ${orgId}::bigint, "projectId", "teamId" FROM ${records} AS record ("projectId" bigint, "teamId" bigint)
      ON CONFLICT DO NOTHING`,
  // The database generates the secret part of a new row.
  'project-key': (orgId, records) => sql`
      INSERT INTO project_keys (public_key, organization_id, project_id, name, is_active, rate_limit, browser_sdk_version,
        loader_options, date_created)
      SELECT id, ${orgId}::bigint, "projectId", name, "isActive", "rateLimit", "browserSdkVersion", "dynamicSdkLoaderOptions",
        "dateCreated"
      FROM ${records} AS record (id text, "projectId" bigint, name text, "isActive" boolean, "rateLimit" jsonb,
        "browserSdkVersion" text, "dynamicSdkLoaderOptions" jsonb, "dateCreated" timestamptz)
      ON CONFLICT (public_key) DO UPDATE SET name = excluded.name, is_active = excluded.is_active, rate_limit = excluded.rate_limit,
        browser_sdk_version = excluded.browser_sdk_version, loader_options = excluded.loader_options`,
  // An access request is created and removed, but never changed.
  'access-request': (orgId, records) => sql`
      INSERT INTO access_requests (id, organization_id, team_id, member_id, requester_id)
      SELECT id, ${orgId}::bigint, "teamId", "memberId", "requesterId"
      FROM ${records} AS record (id bigint, "teamId" bigint, "memberId" bigint, "requesterId" bigint)`,
  'project-settings': (orgId, records) => sql`
      INSERT INTO project_settings (project_id, organization_id, settings)
      SELECT id, ${orgId}::bigint, settings FROM ${records} AS record (id bigint, settings jsonb)
      ON CONFLICT (project_id) DO UPDATE SET settings = excluded.settings`,
  'auth-provider': (orgId, records) => sql`
      INSERT INTO auth_providers (id, organization_id, provider)
      SELECT id, ${orgId}::bigint, provider FROM ${records} AS record (id bigint, provider jsonb)
      ON CONFLICT (id) DO UPDATE SET provider = excluded.provider`,
  'ip-allow-list': (orgId, records) => sql`
      INSERT INTO ip_allow_lists (organization_id, list, next_expiry)
      SELECT ${orgId}::bigint, list,
        (SELECT min((rule ->> 'expiresAt')::timestamptz) FROM jsonb_array_elements(list -> 'rules') AS rule)
      FROM ${records} AS record (id bigint, list jsonb)
      ON CONFLICT (organization_id) DO UPDATE SET list = excluded.list, next_expiry = excluded.next_expiry`,
  retention: (orgId, records) => sql`
      INSERT INTO retentions (organization_id, retention)
      SELECT ${orgId}::bigint, retention FROM ${records} AS record (id bigint, retention jsonb)
      ON CONFLICT (organization_id) DO UPDATE SET retention = excluded.retention`,
  'verified-domain': (orgId, records) => sql`
      INSERT INTO verified_domains (id, organization_id, domain, role, status, date_verified, date_created)
      SELECT id, ${orgId}::bigint, domain, role, status, "dateVerified", "dateCreated"
      FROM ${records} AS record (id bigint, domain text, role text, status text, "dateVerified" timestamptz,
        "dateCreated" timestamptz)
      ON CONFLICT (id) DO UPDATE SET role = excluded.role, status = excluded.status, date_verified = excluded.date_verified`,
  webhook: (orgId, records) => sql`
      INSERT INTO webhooks (id, organization_id, webhook)
      SELECT id, ${orgId}::bigint, webhook FROM ${records} AS record (id bigint, webhook jsonb)
      ON CONFLICT (id) DO UPDATE SET webhook = excluded.webhook`,
  integration: (orgId, records) => sql`
      INSERT INTO integrations (id, organization_id, provider, external_id, integration)
      SELECT id, ${orgId}::bigint, provider, "externalId", integration
      FROM ${records} AS record (id bigint, provider text, "externalId" text, integration jsonb)
      ON CONFLICT (id) DO UPDATE SET integration = excluded.integration`,
  'external-user': (orgId, records) => sql`
      INSERT INTO external_users (id, organization_id, provider, integration_id, member_id, external_name, external_id)
      SELECT id, ${orgId}::bigint, provider, "integrationId", "memberId", "externalName", "externalId"
      FROM ${records} AS record (id bigint, provider text, "integrationId" bigint, "memberId" bigint, "externalName" text,
        "externalId" text)
      ON CONFLICT (id) DO UPDATE SET integration_id = excluded.integration_id, member_id = excluded.member_id,
        external_name = excluded.external_name, external_id = excluded.external_id`,
  'external-team': (orgId, records) => sql`
      INSERT INTO external_teams (id, organization_id, provider, integration_id, team_id, external_name, external_id, follows)
      SELECT id, ${orgId}::bigint, provider, "integrationId", "teamId", "externalName", "externalId", follows
      FROM ${records} AS record (id bigint, provider text, "integrationId" bigint, "teamId" bigint, "externalName" text,
        "externalId" text, follows text)
      ON CONFLICT (id) DO UPDATE SET integration_id = excluded.integration_id, team_id = excluded.team_id,
        external_name = excluded.external_name, external_id = excluded.external_id, follows = excluded.follows`,
  'external-id': (orgId, records) => sql`
      INSERT INTO external_ids (organization_id, subject, external_id)
      SELECT ${orgId}::bigint, id, "externalId" FROM ${records} AS record (id text, "externalId" text)
      ON CONFLICT (organization_id, subject) DO UPDATE SET external_id = excluded.external_id`,
};

const deletes: Readonly<Record<SavedKind, Statement>> = {
  // For subscribers, it is the last record that is removed. The rows of the other records are
  // removed later (docs/adr/0021).
  organization: statement(
    (orgId, records) => sql`
      DELETE FROM organizations USING ${records} AS gone (id bigint) WHERE organizations.id = ${orgId} AND organizations.id = gone.id`,
  ),
  // A trigger adds them to `removed_members`, for the replacement of their names and addresses.
  member: deleteById('members'),
  team: deleteById('teams'),
  project: deleteById('projects'),
  'access-request': deleteById('access_requests'),
  'auth-provider': deleteById('auth_providers'),
  'verified-domain': deleteById('verified_domains'),
  webhook: deleteById('webhooks'),
  integration: deleteById('integrations'),
  'external-user': deleteById('external_users'),
  'external-team': deleteById('external_teams'),
  'external-id': statement(
    (orgId, records) => sql`
      DELETE FROM external_ids USING ${records} AS gone (id text) WHERE organization_id = ${orgId} AND subject = gone.id`,
  ),
  retention: statement((orgId) => sql`DELETE FROM retentions WHERE organization_id = ${orgId}`),
  'ip-allow-list': statement((orgId) => sql`DELETE FROM ip_allow_lists WHERE organization_id = ${orgId}`),
  'team-member': statement(
    (orgId, records) => sql`
      DELETE FROM team_members USING ${records} AS gone ("teamId" bigint, "memberId" bigint)
      WHERE organization_id = ${orgId} AND team_id = gone."teamId" AND member_id = gone."memberId"`,
  ),
  'project-team': statement(
    (orgId, records) => sql`
      DELETE FROM project_teams USING ${records} AS gone ("projectId" bigint, "teamId" bigint)
      WHERE organization_id = ${orgId} AND project_id = gone."projectId" AND team_id = gone."teamId"`,
  ),
  'project-key': statement(
    (orgId, records) => sql`
      DELETE FROM project_keys USING ${records} AS gone (id text) WHERE organization_id = ${orgId} AND public_key = gone.id`,
  ),
  'project-settings': statement(
    (orgId, records) => sql`
      DELETE FROM project_settings USING ${records} AS gone (id bigint) WHERE organization_id = ${orgId} AND project_id = gone.id`,
  ),
};

type RecordTableById =
  | 'members'
  | 'teams'
  | 'projects'
  | 'access_requests'
  | 'auth_providers'
  | 'verified_domains'
  | 'webhooks'
  | 'integrations'
  | 'external_users'
  | 'external_teams';

function deleteById(table: RecordTableById): Statement {
  return statement(
    (orgId, records) => sql`
      DELETE FROM ${sql.table(table)} AS stored USING ${records} AS gone (id bigint)
      WHERE stored.organization_id = ${orgId} AND stored.id = gone.id`,
  );
}
