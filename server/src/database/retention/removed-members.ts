import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';
import { detachedUserId } from '../records/records-read.ts';
import { daysAgo } from './days-ago.ts';
import type { StoredPerson } from './retention-tables.ts';

/** Removed members whose names and addresses the organization still has. */

/**
 * The name and the verified addresses of a user outside of organizations. Anyone can add the
 * address of another person to their account, and an organization's identity provider can assert
 * one. By such an address, the erasure of the user would erase the data of the other person.
 */
export async function readUserNames(db: Db, userId: string): Promise<string[]> {
  const { rows } = await sql<{ text: string | null }>`
    SELECT name AS text FROM users WHERE id = ${userId}
    UNION SELECT email FROM users WHERE id = ${userId} AND NOT EXISTS (
      SELECT FROM user_emails WHERE user_id = users.id AND lower(user_emails.email) = lower(users.email) AND NOT is_verified)
    UNION SELECT email FROM user_emails WHERE user_id = ${userId} AND is_verified`.execute(db);
  return rows.flatMap(({ text }) => (text?.trim() ? [text] : []));
}

/**
 * Organizations where the user is or was a member, or where their addresses are or were invited.
 * @param addresses in lower case
 */
export async function readOrganizationsOfUser(db: Db, userId: string, addresses: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ organization_id: string }>`
    SELECT organization_id FROM members WHERE user_id = ${userId} OR (user_id IS NULL AND ${detachedUserId} = ${userId}::bigint)
      OR (user_id IS NULL AND lower(email) = any(${addresses}::text[]))
    UNION SELECT organization_id FROM removed_members WHERE user_id = ${userId} OR email = any(${addresses}::text[])
    ORDER BY organization_id`.execute(db);
  return rows.map(({ organization_id }) => organization_id);
}

/**
 * All names and addresses by which the organization knows a person, now and in its history. Reads
 * the whole history of members, so call it before the organization is locked.
 * @param userId null for an invite
 * @param memberIds their members and invites, current and former
 */
export async function readPersonNames(db: Db, orgId: string, userId: string | null, memberIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ text: string | null }>`
    WITH theirs AS (
      SELECT record FROM change_log, LATERAL (VALUES (before), (after)) AS side (record)
      WHERE organization_id = ${orgId} AND kind = 'member' AND record IS NOT NULL
        AND (record_id = any(${memberIds}::text[]) OR record -> 'user' ->> 'id' = ${userId} OR record -> 'detachedUser' ->> 'id' = ${userId})
    ), audited AS (
      SELECT event, actor_user_id, actor_name, target_user_id, target_user_name, target_object, data FROM audit_entries WHERE organization_id = ${orgId}
    )
    SELECT record ->> 'name' AS text FROM theirs
    UNION SELECT record ->> 'email' FROM theirs
    UNION SELECT record -> 'user' ->> 'name' FROM theirs
    UNION SELECT record -> 'user' ->> 'email' FROM theirs
    UNION SELECT record -> 'user' ->> 'username' FROM theirs
    UNION SELECT record -> 'detachedUser' ->> 'name' FROM theirs
    UNION SELECT record ->> 'externalName' FROM change_log, LATERAL (VALUES (before), (after)) AS side (record)
      WHERE organization_id = ${orgId} AND kind = 'external-user' AND record ->> 'memberId' = any(${memberIds}::text[])
    UNION SELECT email FROM sso_identities WHERE organization_id = ${orgId} AND user_id = ${userId}::bigint
    UNION SELECT name FROM sso_identities WHERE organization_id = ${orgId} AND user_id = ${userId}::bigint
    UNION SELECT email FROM sso_removed_users WHERE organization_id = ${orgId} AND user_id = ${userId}::bigint
    UNION SELECT external_name FROM external_users WHERE organization_id = ${orgId} AND member_id = any(${memberIds}::bigint[])
    UNION SELECT actor_name FROM audited WHERE actor_user_id = ${userId}::bigint
    UNION SELECT target_user_name FROM audited WHERE target_user_id = ${userId}::bigint
    UNION SELECT data ->> 'email' FROM audited WHERE event LIKE 'member.%' AND target_object = any(${memberIds}::bigint[])
    UNION SELECT jsonb_array_elements_text(redaction -> 'names' || redaction -> 'addresses') FROM removed_members
      WHERE organization_id = ${orgId} AND member_id = any(${memberIds}::bigint[])`.execute(db);
  const own = userId === null ? [] : await readUserNames(db, userId);
  return [...own, ...rows.flatMap(({ text }) => text ?? [])];
}

/**
 * The current and former members of a user in an organization.
 * @param addresses in lower case
 */
export async function readMemberIdsOfUser(db: Db, orgId: string, userId: string, addresses: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM members WHERE organization_id = ${orgId}
      AND (user_id = ${userId} OR (user_id IS NULL AND (${detachedUserId} = ${userId}::bigint OR lower(email) = any(${addresses}::text[]))))
    UNION SELECT member_id FROM removed_members WHERE organization_id = ${orgId} AND (user_id = ${userId} OR email = any(${addresses}::text[]))
    ORDER BY id`.execute(db);
  return rows.map(({ id }) => id);
}

export interface RemovedMember {
  readonly memberId: string;
  readonly userId: string | null;
}

/** The member that was removed first, if that was at least this many days ago. */
export async function readDuePerson(db: Db, orgId: string, days: number): Promise<RemovedMember | null> {
  const row = await db
    .selectFrom('removed_members')
    .select(['member_id', 'user_id'])
    .where('organization_id', '=', orgId)
    .where('redaction', 'is', null)
    .where('removed_at', '<=', daysAgo(days))
    .orderBy('removed_at')
    .limit(1)
    .executeTakeFirst();
  return row ? { memberId: row.member_id, userId: row.user_id } : null;
}

/**
 * Replaces the rows of this person by one, which contains the texts to replace. It is kept until
 * they are replaced everywhere.
 */
export async function savePendingRedaction(tx: Tx, orgId: string, person: StoredPerson): Promise<void> {
  await forgetRemovedMembers(tx, orgId, person);
  await tx
    .insertInto('removed_members')
    .values({ organization_id: orgId, member_id: person.memberIds[0]!, user_id: person.userId, redaction: JSON.stringify(person) })
    .execute();
}

export async function readPendingRedactions(db: Db, orgId: string): Promise<StoredPerson[]> {
  const rows = await db
    .selectFrom('removed_members')
    .select('redaction')
    .where('organization_id', '=', orgId)
    .where('redaction', 'is not', null)
    .orderBy('member_id')
    .execute();
  return rows.map(({ redaction }) => redaction!);
}

/**
 * Deletes a redaction that is complete. A later one of the same person may have replaced it: the
 * person joined again and was erased. Its texts are not replaced yet, so that one stays.
 */
export async function deleteRedaction(db: Db, orgId: string, person: StoredPerson): Promise<void> {
  await sql`
    DELETE FROM removed_members WHERE organization_id = ${orgId} AND member_id = any(${person.memberIds}::bigint[])
      AND redaction = ${JSON.stringify(person)}::jsonb`.execute(db);
}

export async function forgetRemovedMembers(db: Db, orgId: string, { memberIds }: Pick<StoredPerson, 'memberIds'>): Promise<void> {
  await sql`DELETE FROM removed_members WHERE organization_id = ${orgId} AND member_id = any(${memberIds}::bigint[])`.execute(db);
}
