import type { MemberRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';
import { isTrustedAddress } from '../identity/user-emails.ts';

/** Identities at identity providers that are linked to members. */

export interface LinkedIdentity {
  readonly id: string;
  readonly subject: string;
  readonly email: string | null;
  /**
   * Whether that is the primary address of the user, who has verified it. Other addresses of the
   * user are not compared, because they are private.
   */
  readonly isEmailVerified: boolean;
  readonly dateLinked: string;
  readonly lastLogin: string | null;
}

const isPrimaryVerified = sql<boolean>`EXISTS (
  SELECT FROM users JOIN user_emails ON user_emails.user_id = users.id AND lower(user_emails.email) = lower(users.email)
  WHERE users.id = sso_identities.user_id AND lower(users.email) = lower(sso_identities.email) AND user_emails.is_verified)`;

/** The identity of an organization's member. Null if none is linked. */
export async function readMemberIdentity(db: Db, orgId: string, memberId: string): Promise<LinkedIdentity | null> {
  const row = await db
    .selectFrom('sso_identities')
    .select(['id', 'subject', 'email', isPrimaryVerified.as('isEmailVerified'), 'date_linked as dateLinked', 'last_login as lastLogin'])
    .where('organization_id', '=', orgId)
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  return row ?? null;
}

export interface BoundSession {
  readonly id: string;
  readonly userId: string;
  /** Whether the session began with single sign-on, and has no other binding that keeps it open. */
  readonly isOnlyBinding: boolean;
}

/**
 * The sessions that identities have bound to their organization. Locks them, so that of two
 * organizations that end their bindings at once, the later one sees that its binding is the last.
 */
export async function readSessionsBoundBy(tx: Tx, orgId: string, identityIds: readonly string[]): Promise<BoundSession[]> {
  const bound = tx
    .selectFrom('session_sso')
    .select('session_id')
    .where('organization_id', '=', orgId)
    .where('identity_id', '=', anyOf('bigint', identityIds));
  // A statement of its own, so that the next one sees the changes that the lock waited for.
  await tx.selectFrom('sessions').select('id').where('id', 'in', bound).orderBy('id').forUpdate().execute();
  const isElsewhere = sql<boolean>`EXISTS (
    SELECT FROM session_sso AS other WHERE other.session_id = sessions.id AND other.organization_id <> ${orgId}
  )`;
  return tx
    .selectFrom('sessions')
    .innerJoin('session_sso', 'session_sso.session_id', 'sessions.id')
    .select(['sessions.id', 'sessions.user_id as userId', sql<boolean>`sessions.kind = 'sso' AND NOT ${isElsewhere}`.as('isOnlyBinding')])
    .where('session_sso.organization_id', '=', orgId)
    .where('session_sso.identity_id', '=', anyOf('bigint', identityIds))
    .orderBy('sessions.id')
    .execute();
}

/** Ends the bindings of these identities. Sessions without another binding expire. */
export async function unbindSessions(
  tx: Tx,
  orgId: string,
  identityIds: readonly string[],
  sessions: readonly BoundSession[],
): Promise<void> {
  const ids = sessions.flatMap(({ id, isOnlyBinding }) => (isOnlyBinding ? [id] : []));
  await tx
    .updateTable('sessions')
    .set({ expires_at: sql<string>`least(expires_at, clock_timestamp())` })
    .where('id', '=', anyOf('bigint', ids))
    .execute();
  await tx.deleteFrom('session_sso').where('organization_id', '=', orgId).where('identity_id', '=', anyOf('bigint', identityIds)).execute();
}

export async function removeIdentity(tx: Tx, orgId: string, identityId: string): Promise<void> {
  await tx.deleteFrom('sso_identities').where('organization_id', '=', orgId).where('id', '=', identityId).execute();
}

/**
 * Remembers that these members were removed, whether or not an identity was linked. No login at the
 * provider makes them members again. The sessions that only their identities opened expire, and the
 * sweep ends them. The bindings of open sockets end with the member. Invalid identities are
 * deleted, because they must not become valid if their users are members again.
 */
export async function markIdentitiesRemoved(tx: Tx, orgId: string, removed: readonly MemberRecord[]): Promise<void> {
  const userIds = usersOf(removed);
  if (userIds.length === 0) return;
  const marking = tx
    .updateTable('sso_identities')
    .set({ removed_at: sql<string>`clock_timestamp()` })
    .where('organization_id', '=', orgId)
    .where('user_id', '=', anyOf('bigint', userIds))
    .returning('id')
    .execute();
  const [removedIdentities] = await Promise.all([marking, rememberRemoved(tx, orgId, userIds)]);
  const ids = removedIdentities.map(({ id }) => id);
  if (ids.length > 0) await unbindSessions(tx, orgId, ids, await readSessionsBoundBy(tx, orgId, ids));
  const invalid = usersOf(removed.filter(({ flags }) => flags['sso:invalid']));
  if (invalid.length === 0) return;
  await tx.deleteFrom('sso_identities').where('organization_id', '=', orgId).where('user_id', '=', anyOf('bigint', invalid)).execute();
}

/**
 * Remembers users as removed, with all of their verified addresses. A user who deletes one of them
 * from the account must not become a new member by it. The addresses of earlier removals stay.
 */
async function rememberRemoved(tx: Tx, orgId: string, userIds: readonly string[]): Promise<void> {
  await sql`
    INSERT INTO sso_removed_users AS known (organization_id, provider_id, user_id, email, addresses)
    SELECT organization_id, auth_providers.id, users.id, lower(users.email),
      ARRAY(SELECT lower(user_emails.email) FROM user_emails WHERE user_emails.user_id = users.id AND is_verified)
    FROM auth_providers, users
    WHERE auth_providers.organization_id = ${orgId} AND users.id = ${anyOf('bigint', userIds)}
    ON CONFLICT (provider_id, user_id) DO UPDATE SET email = excluded.email,
      addresses = ARRAY(SELECT DISTINCT unnest(known.addresses || known.email || excluded.addresses))`.execute(tx);
}

function usersOf(members: readonly MemberRecord[]): string[] {
  return members.flatMap(({ user, detachedUser }) => (user ?? detachedUser)?.id ?? []);
}

/**
 * Deletes the identities of removed members, because another provider may give their subjects to
 * other persons. The removals stay remembered.
 */
export async function deleteRemovedIdentities(tx: Tx, orgId: string, providerId: string): Promise<void> {
  const rows = await tx
    .deleteFrom('sso_identities')
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .where('member_id', 'is', null)
    .returning('user_id')
    .execute();
  if (rows.length === 0) return;
  await rememberRemoved(
    tx,
    orgId,
    rows.map((row) => row.user_id),
  );
}

/**
 * A user of a provider who can't log in without it, and the address to which the link for a new
 * password is sent.
 */
export interface PasswordlessUser {
  readonly userId: string;
  readonly emailId: string;
  readonly email: string;
}

/**
 * The users with an identity at a provider and no password. The link is sent to an address only if
 * its user verified it.
 */
export async function readPasswordlessUsers(db: Db, orgId: string, providerId: string): Promise<PasswordlessUser[]> {
  return db
    .selectFrom('sso_identities')
    .innerJoin('users', 'users.id', 'sso_identities.user_id')
    .innerJoin('user_emails', 'user_emails.user_id', 'users.id')
    .select(['users.id as userId', 'user_emails.id as emailId', 'user_emails.email'])
    .where('sso_identities.organization_id', '=', orgId)
    .where('sso_identities.provider_id', '=', providerId)
    .where('users.password_hash', 'is', null)
    .where('users.is_active', '=', true)
    .where('user_emails.email', '=', (eb) => eb.ref('users.email'))
    .where(isTrustedAddress)
    .orderBy('users.id')
    .execute();
}
