import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';
import { daysAgo } from '../days-ago.ts';
import type { StoredPerson } from '../identity/erasure-tables.ts';
import { detachedUserId } from '../records/records-read.ts';

/** Removed members whose names and addresses the organization still has. */

/**
 * The verified addresses of a user outside of organizations. Anyone can add the address of another
 * person to their account, and an organization's identity provider can assert one. By such an
 * address, the erasure of the user would erase the data of the other person.
 */
export async function readVerifiedAddresses(db: Db, userId: string): Promise<string[]> {
  const { rows } = await sql<{ email: string }>`
    SELECT email FROM users WHERE id = ${userId} AND NOT EXISTS (
      SELECT FROM user_emails WHERE user_id = users.id AND lower(user_emails.email) = lower(users.email) AND NOT is_verified)
    UNION SELECT email FROM user_emails WHERE user_id = ${userId} AND is_verified`.execute(db);
  return rows.map(({ email }) => email.toLowerCase());
}

/** An organization that stores something about a user. */
export interface OrganizationOfUser {
  readonly orgId: string;
  /** False if it only sent an invite to one of the addresses, which another user has accepted. */
  readonly hasMember: boolean;
  /** Whether the user is or was a member. False if the addresses were only invited. */
  readonly isMember: boolean;
}

/**
 * Organizations where the user is or was a member, or where their addresses are or were invited.
 * Those whose state was redacted already are left out.
 * @param addresses verified ones, in lower case
 */
export async function readOrganizationsOfUser(db: Db, userId: string, addresses: readonly string[]): Promise<OrganizationOfUser[]> {
  const { rows } = await sql<OrganizationOfUser>`
    SELECT organization_id AS "orgId", bool_or(has_member) AS "hasMember", bool_or(is_member) AS "isMember" FROM (
      SELECT organization_id, true AS has_member, coalesce(user_id, ${detachedUserId}, 0) = ${userId}::bigint AS is_member FROM members
        WHERE user_id = ${userId} OR (user_id IS NULL AND ${detachedUserId} = ${userId}::bigint)
          OR (user_id IS NULL AND lower(email) = any(${addresses}::text[]))
      UNION ALL SELECT organization_id, true, coalesce(user_id, 0) = ${userId}::bigint FROM removed_members
        WHERE redaction IS NULL AND (user_id = ${userId} OR email = any(${addresses}::text[]))
      UNION ALL SELECT organization_id, false, false FROM sent_invites WHERE lower(email) = any(${addresses}::text[])
    ) AS found GROUP BY organization_id ORDER BY organization_id`.execute(db);
  return rows;
}

/**
 * Whether a user is or was a member of an organization, which has not been redacted. An invite to
 * the user's address is no membership.
 */
export async function isOrWasMember(tx: Tx, orgId: string, userId: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT EXISTS (SELECT FROM members WHERE organization_id = ${orgId} AND (user_id = ${userId} OR ${detachedUserId} = ${userId}::bigint))
      OR EXISTS (SELECT FROM removed_members WHERE organization_id = ${orgId} AND user_id = ${userId} AND redaction IS NULL) AS found`.execute(
    tx,
  );
  return rows[0]!.found;
}

/**
 * The current and former members of a user in an organization. Reads the history of members, so
 * call it before the organization is locked.
 * @param addresses verified ones, in lower case
 */
export async function readMemberIdsOfUser(db: Db, orgId: string, userId: string, addresses: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM members WHERE organization_id = ${orgId}
      AND (user_id = ${userId} OR (user_id IS NULL AND (${detachedUserId} = ${userId}::bigint OR lower(email) = any(${addresses}::text[]))))
    UNION SELECT member_id FROM removed_members WHERE organization_id = ${orgId} AND (user_id = ${userId} OR email = any(${addresses}::text[]))
    UNION SELECT record_id::bigint FROM change_log, LATERAL (VALUES (before), (after)) AS side (record)
      WHERE organization_id = ${orgId} AND kind = 'member'
        AND (record -> 'user' ->> 'id' = ${userId} OR record -> 'detachedUser' ->> 'id' = ${userId})
    ORDER BY id`.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * All addresses that were stored for a person, by id: in the account, in the organization, and in
 * its history. Reads the history of members, so call it before the organization is locked.
 * @param userId null for an invite
 * @param memberIds their members and invites, current and former
 */
export async function readStoredAddresses(
  db: Db,
  orgId: string,
  userId: string | null,
  memberIds: readonly string[],
): Promise<(string | null)[]> {
  const { rows } = await sql<{ email: string | null }>`
    WITH theirs AS (
      SELECT record FROM change_log, LATERAL (VALUES (before), (after)) AS side (record)
      WHERE organization_id = ${orgId} AND kind = 'member' AND (record_id = any(${memberIds}::text[]) OR record -> 'user' ->> 'id' = ${userId})
        AND coalesce(record -> 'user' ->> 'id', record -> 'detachedUser' ->> 'id', ${userId}, '') = coalesce(${userId}, '')
    )
    SELECT record ->> 'email' AS email FROM theirs
    UNION SELECT record -> 'user' ->> 'email' FROM theirs
    UNION SELECT email FROM users WHERE id = ${userId}::bigint
    UNION SELECT email FROM user_emails WHERE user_id = ${userId}::bigint
    UNION SELECT email FROM sso_identities WHERE organization_id = ${orgId} AND user_id = ${userId}::bigint
    UNION SELECT email FROM sso_removed_users WHERE organization_id = ${orgId} AND user_id = ${userId}::bigint
    UNION SELECT unnest(addresses) FROM sso_removed_users WHERE organization_id = ${orgId} AND user_id = ${userId}::bigint
    UNION SELECT email FROM removed_members WHERE organization_id = ${orgId} AND member_id = any(${memberIds}::bigint[])
    UNION SELECT data ->> 'email' FROM audit_entries WHERE organization_id = ${orgId} AND event LIKE 'member.%'
      AND (target_user_id = ${userId}::bigint OR (target_user_id IS NULL AND target_object = any(${memberIds}::bigint[])))
    UNION SELECT jsonb_array_elements_text(redaction -> 'addresses' || coalesce(redaction -> 'unverifiedAddresses', '[]')) FROM removed_members
      WHERE organization_id = ${orgId} AND member_id = any(${memberIds}::bigint[]) AND redaction IS NOT NULL`.execute(db);
  return rows.map(({ email }) => email);
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
 * Replaces the rows of this person by one, which contains the addresses to replace. It is kept
 * until they are replaced everywhere.
 */
export async function savePendingRedaction(tx: Tx, orgId: string, person: StoredPerson): Promise<void> {
  await forgetRemovedMembers(tx, orgId, person);
  const key = { organization_id: orgId, member_id: idOf(person) };
  await tx
    .insertInto('removed_members')
    .values({ ...key, user_id: person.userId, redaction: JSON.stringify({ ...person, names: [] }) })
    .execute();
}

/**
 * A redaction that an older version stored has one list of addresses, which are not all verified.
 * They are replaced only in entries about the person.
 */
export async function readPendingRedactions(db: Db, orgId: string): Promise<StoredPerson[]> {
  const rows = await db
    .selectFrom('removed_members')
    .select('redaction')
    .where('organization_id', '=', orgId)
    .where('redaction', 'is not', null)
    .orderBy('member_id')
    .execute();
  return rows.map(({ redaction }) => {
    const { userId, memberIds, addresses, unverifiedAddresses } = redaction!;
    const isOld = unverifiedAddresses === undefined;
    return { userId, memberIds, addresses: isOld ? [] : addresses, unverifiedAddresses: isOld ? addresses : unverifiedAddresses };
  });
}

/**
 * Deletes a redaction that is complete. A later one of the same person may have replaced it: the
 * person joined again and was erased. Its addresses are not replaced yet, so that one stays.
 */
export async function deleteRedaction(
  db: Db,
  orgId: string,
  { userId, memberIds, addresses, unverifiedAddresses }: StoredPerson,
): Promise<void> {
  const [stored, storedByOlderVersion] = [
    { userId, memberIds, addresses, unverifiedAddresses },
    { userId, memberIds, addresses: unverifiedAddresses },
  ].map((redaction) => JSON.stringify(redaction));
  await sql`
    DELETE FROM removed_members WHERE organization_id = ${orgId} AND member_id = ${idOf({ userId, memberIds })}
      AND redaction - 'names' IN (${stored}::jsonb, ${storedByOlderVersion}::jsonb)`.execute(db);
}

export async function forgetRemovedMembers(db: Db, orgId: string, person: Pick<StoredPerson, 'userId' | 'memberIds'>): Promise<void> {
  const ids = [...person.memberIds, idOf(person)];
  await sql`DELETE FROM removed_members WHERE organization_id = ${orgId} AND member_id = any(${ids}::bigint[])`.execute(db);
}

/** Users and members have different ids. A user may have had no member. */
function idOf({ userId, memberIds }: Pick<StoredPerson, 'userId' | 'memberIds'>): string {
  return memberIds[0] ?? userId!;
}
