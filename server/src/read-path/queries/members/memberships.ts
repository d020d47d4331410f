import type { ListedOrganization, OrgStatus } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { detachedUserId } from '../../../database/records/records-read.ts';

/**
 * The most organizations in a list, more than a user belongs to. With 150 bytes each, a list has
 * 150 KB at most. If there are more, the oldest are listed.
 */
const organizationsMax = 1_000;

/**
 * Locked out because a required second factor is missing: still a member, or detached since it was
 * required (REST contract 5.6).
 */
const isBlocked = sql<boolean>`(members.user_id IS NULL
  OR ((organizations.flags ->> 'require2FA')::boolean AND NOT (members.user_copy ->> 'has2fa')::boolean))`;

/** As `accessOf`: the user's identity is not linked, and the user is not a recovery owner. */
const lacksSso = sql<boolean>`(coalesce((organizations.flags ->> 'requiresSso')::boolean, false)
  AND NOT ((members.flags ->> 'sso:linked')::boolean AND NOT (members.flags ->> 'sso:invalid')::boolean)
  AND NOT (members.is_recovery_owner AND members.role = 'owner' AND (members.user_copy ->> 'has2fa')::boolean))`;

/**
 * The organizations of each of these users, in any status, by slug. Includes the organizations that
 * lock the user out because a second factor or single sign-on is missing. Users without
 * organizations are absent.
 */
export async function listOrganizationsOfUsers(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, ListedOrganization[]>> {
  const { rows } = await sql<{ userId: string; organizations: ListedOrganization[] }>`
    SELECT wanted.user_id AS "userId", jsonb_agg(jsonb_build_object('id', listed.id::text, 'slug', listed.slug, 'name', listed.name,
      'status', listed.status, 'orgRole', listed.role) || listed.blocked ORDER BY listed.slug) AS organizations
    FROM unnest(${userIds}::bigint[]) AS wanted (user_id)
    CROSS JOIN LATERAL (
      SELECT organizations.id, slug, name, status, role,
        CASE WHEN ${isBlocked} THEN '{"blocked": "two-factor-required"}'
          WHEN ${lacksSso} THEN '{"blocked": "sso-required"}' ELSE '{}' END::jsonb AS blocked
      FROM members JOIN organizations ON organizations.id = members.organization_id
      WHERE members.user_id = wanted.user_id OR (members.user_id IS NULL AND ${detachedUserId} = wanted.user_id)
      ORDER BY organizations.id LIMIT ${organizationsMax}
    ) AS listed
    GROUP BY wanted.user_id`.execute(db);
  return new Map(rows.map(({ userId, organizations }) => [userId, organizations]));
}

/** All organizations for a service, in any status, by slug. It has no role in them. */
export async function listAllOrganizations(db: Db): Promise<ListedOrganization[]> {
  const rows = await db.selectFrom('organizations').select(['id', 'slug', 'name', 'status', 'external_id']).orderBy('slug').execute();
  return rows.map(({ id, slug, name, status, external_id }) => ({
    ...{ id, slug, name, status: status as OrgStatus },
    ...(external_id === null ? {} : { externalId: external_id }),
  }));
}

/** A stamp that changes whenever an organization is written, created or removed. */
export async function readOrganizationsStamp(db: Db): Promise<string> {
  const row = await db
    .selectFrom('organizations')
    .select(sql<string>`count(*) || '.' || sum(id) || '.' || sum(xmin::text::bigint)`.as('stamp'))
    .executeTakeFirstOrThrow();
  return row.stamp ?? '';
}

/**
 * A stamp for each user, which changes whenever a membership of the user, or one of those
 * organizations, is written. PostgreSQL stores with each row the transaction that wrote it, so the
 * write path does no work for this. Some writes change the stamp but no list.
 */
export async function readMembershipStamps(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ userId: string; stamp: string }>`
    SELECT coalesce(user_id, ${detachedUserId}) AS "userId", count(*) || '.' || sum(members.id) || '.'
      || sum(members.xmin::text::bigint) || '.' || sum(organizations.xmin::text::bigint) AS stamp
    FROM members JOIN organizations ON organizations.id = members.organization_id
    WHERE user_id = any(${userIds}::bigint[]) OR (user_id IS NULL AND ${detachedUserId} = any(${userIds}::bigint[]))
    GROUP BY 1`.execute(db);
  return new Map(rows.map(({ userId, stamp }) => [userId, stamp]));
}
