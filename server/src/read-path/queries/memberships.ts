import type { ListedOrganization } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../database/database.ts';

/** More than anybody belongs to: 150 bytes each, so a list has 150 KB at most. The oldest of more are listed. */
const organizationsMax = 1_000;

/** The organizations that each of these users belongs to, whatever their status, by slug. Who belongs to none is absent. */
export async function listOrganizationsOfUsers(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, ListedOrganization[]>> {
  const { rows } = await sql<{ userId: string; organizations: ListedOrganization[] }>`
    SELECT wanted.user_id AS "userId", jsonb_agg(jsonb_build_object('id', listed.id::text, 'slug', listed.slug, 'name', listed.name,
      'status', listed.status, 'orgRole', listed.role) ORDER BY listed.slug) AS organizations
    FROM unnest(${userIds}::bigint[]) AS wanted (user_id)
    CROSS JOIN LATERAL (
      SELECT organizations.id, slug, name, status, role
      FROM members JOIN organizations ON organizations.id = members.organization_id
      WHERE members.user_id = wanted.user_id
      ORDER BY organizations.id LIMIT ${organizationsMax}
    ) AS listed
    GROUP BY wanted.user_id`.execute(db);
  return new Map(rows.map(({ userId, organizations }) => [userId, organizations]));
}

/**
 * A number for each user that is another one once any of their memberships, or one of those organizations, was written.
 * PostgreSQL keeps with each row which transaction wrote it, so that the write path does nothing for this; some
 * writes change no list.
 */
export async function readMembershipStamps(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ userId: string; stamp: string }>`
    SELECT user_id AS "userId", count(*) || '.' || sum(members.id) || '.' || sum(members.xmin::text::bigint)
      || '.' || sum(organizations.xmin::text::bigint) AS stamp
    FROM members JOIN organizations ON organizations.id = members.organization_id
    WHERE user_id = any(${userIds}::bigint[])
    GROUP BY user_id`.execute(db);
  return new Map(rows.map(({ userId, stamp }) => [userId, stamp]));
}
