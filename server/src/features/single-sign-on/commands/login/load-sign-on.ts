import { isId, type MemberRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../../database/database.ts';
import { isUnproven } from '../../../../database/identity/unproven-addresses.ts';
import { isTrustedAddress } from '../../../../database/identity/user-emails.ts';
import { readJoiningUsers } from '../../../../database/identity/users-read.ts';
import { isMemberElsewhere } from '../../../../database/members/members-elsewhere.ts';
import { readMembers, readOrganization, readTeamMembers } from '../../../../database/records/records-read.ts';
import { readAuthProviders, readVerifiedDomains } from '../../../../database/security/security-records.ts';
import { notFound } from '../../../../domain/authorize.ts';
import { withoutDuplicates } from '../../../../domain/members/member-removal.ts';
import { findVerifiedDomain } from '../../../../domain/organizations/verified-domains.ts';
import { isTokenOf } from '../../../../runtime/secrets/derived-tokens.ts';
import { domainOfAddress } from '../../../../runtime/text/domain-name.ts';
import { readInviteTokenHash } from '../../../../write-path/commands/invites/save-invite-tokens.ts';
import type { InviteLink, SsoFlow } from '../../database/sso-flows.ts';
import type { AssertedIdentity } from '../../domain/asserted-identity.ts';
import type { SignOnFacts, UserAndMember } from '../../domain/sign-on.ts';
import type { Obsolete } from '../../domain/sign-on-changes.ts';

/** The session of the browser that finishes a login, as it was authenticated before the command. */
export interface BrowserSession {
  readonly sessionId: string;
  readonly userId: string;
}

/** The browser's session, read and locked in the command's transaction. */
export interface LockedSession extends BrowserSession {
  readonly kind: string;
}

/** A login holds the session's row, so that a concurrent logout ends what the login adds to it. */
export async function lockSession(tx: Tx, session: BrowserSession | null): Promise<LockedSession | null> {
  if (session === null) return null;
  const row = await tx
    .selectFrom('sessions')
    .select('kind')
    .where('id', '=', session.sessionId)
    .where('user_id', '=', session.userId)
    .forUpdate()
    .executeTakeFirst();
  return row ? { ...session, kind: row.kind } : null;
}

export interface LoadedSignOn {
  readonly facts: SignOnFacts;
  readonly obsolete: Obsolete;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * Reads everything that `decideSignOn` depends on, under the organization's lock. The users are
 * locked too, so that none of them is disabled before the commit.
 */
export async function loadSignOn(
  tx: Tx,
  orgId: string,
  flow: SsoFlow,
  identity: AssertedIdentity,
  session: LockedSession | null,
): Promise<LoadedSignOn> {
  const organization = await readOrganization(tx, orgId);
  if (!organization) throw notFound();
  const [provider = null] = await readAuthProviders(tx, orgId);
  const stored = await readStoredIdentity(tx, orgId, flow.providerId, identity.subject);
  const fullUserId = session?.kind === 'full' ? session.userId : null;
  const owner = identity.email === null ? null : await findAddressOwner(tx, identity.email);
  // A user who has not proved the address has it only as a member of this organization alone.
  const isLocal = owner?.isUnproven === true && !(await isMemberElsewhere(tx, owner.userId, orgId));
  const addressUserId = owner && (owner.isTrusted || isLocal) ? owner.userId : null;
  const ids = [stored?.userId, fullUserId, addressUserId].filter((id) => typeof id === 'string');
  const users = new Map((await readJoiningUsers(tx, ids)).map((user) => [user.id, user]));
  const members = new Map((await readMembers(tx, orgId, { userIds: ids })).map((member) => [member.user!.id, member]));
  const lockedOut = await readMembers(tx, orgId, { detachedUserIds: ids });
  const removed = await readRemovedUsers(tx, orgId, flow.providerId, ids);
  const withMember = (userId: string | null | undefined): UserAndMember | null => {
    const user = typeof userId === 'string' ? users.get(userId) : undefined;
    if (!user) return null;
    return { user, member: members.get(user.id) ?? null, wasRemoved: removed.has(user.id), formerEmail: removed.get(user.id) ?? null };
  };
  const storedUser = withMember(stored?.userId);
  const detachedId = storedUser?.member === null ? (stored?.memberId ?? null) : null;
  const [detached = null] = detachedId === null ? [] : await readMembers(tx, orgId, { ids: [detachedId] });
  const isInvalid = detached?.flags['sso:invalid'] ?? false;
  const invite = flow.invite && (await readLinkedInvite(tx, orgId, flow.invite));
  const byAddress = identity.email === null ? [] : await readMembers(tx, orgId, { inviteEmails: [identity.email] });
  // An address that the person may have chosen makes no invitation of another person obsolete.
  const invites = withoutDuplicates([...(invite ? [invite] : []), ...(identity.emailVerified ? byAddress : []), ...lockedOut]);
  return {
    facts: {
      purpose: flow.purpose,
      flow,
      organization,
      provider,
      identity,
      stored: stored && storedUser ? { id: stored.id, memberId: stored.memberId, ...storedUser, isInvalid } : null,
      fullSession: withMember(fullUserId),
      invite,
      isInviteAddressTaken: invite?.email ? (await findAddressOwner(tx, invite.email))?.isUnproven === false : false,
      addressUser: isLocal && !members.has(owner.userId) ? null : withMember(addressUserId),
      isAddressTaken: owner !== null,
      isAddressUnproven: owner?.isUnproven ?? false,
      wasAddressRemoved: identity.email !== null && (await isRemovedAddress(tx, orgId, flow.providerId, identity.email)),
      addressInvite: byAddress.find(({ detachedUser }) => !detachedUser) ?? null,
      domain: identity.email === null ? null : findVerifiedDomain(await readVerifiedDomains(tx, orgId), domainOfAddress(identity.email)),
    },
    obsolete: { invites, teams: await readTeamMembers(tx, orgId, { memberIds: invites.map(({ id }) => id) }) },
    now: await readTime(tx),
  };
}

async function readStoredIdentity(tx: Tx, orgId: string, providerId: string, subject: string) {
  const row = await tx
    .selectFrom('sso_identities')
    .select(['id', 'user_id', 'member_id'])
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row ? { id: row.id, userId: row.user_id, memberId: row.member_id } : null;
}

/** The users whose member was removed, with their primary address then. Null if it is not known. */
async function readRemovedUsers(
  tx: Tx,
  orgId: string,
  providerId: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  if (userIds.length === 0) return new Map();
  const of = (table: 'sso_identities' | 'sso_removed_users') =>
    tx
      .selectFrom(table)
      .select('user_id')
      .where('organization_id', '=', orgId)
      .where('provider_id', '=', providerId)
      .where('user_id', 'in', userIds);
  const identities = await of('sso_identities').where('member_id', 'is', null).execute();
  const removed = await of('sso_removed_users').select('email').execute();
  return new Map([...identities.map((row) => [row.user_id, null] as const), ...removed.map((row) => [row.user_id, row.email] as const)]);
}

/**
 * Whether a member was removed whose user had this address. Instances of an older version record
 * the primary address only, in `email`.
 */
async function isRemovedAddress(tx: Tx, orgId: string, providerId: string, email: string): Promise<boolean> {
  const address = sql<string>`lower(${email}::text)`;
  const row = await tx
    .selectFrom('sso_removed_users')
    .select('user_id')
    .where('organization_id', '=', orgId)
    .where('provider_id', '=', providerId)
    .where((where) => where.or([where('email', '=', address), sql<boolean>`addresses @> ARRAY[${address}]`]))
    .executeTakeFirst();
  return row !== undefined;
}

interface AddressOwner {
  readonly userId: string;
  /** Verified so long ago that no one else can have added it to the account. */
  readonly isTrusted: boolean;
  /** The user has not proved it, and yields it to the person who does. */
  readonly isUnproven: boolean;
}

/** The user whose primary address or verified address this is. */
async function findAddressOwner(tx: Tx, email: string): Promise<AddressOwner | null> {
  const isIt = sql<boolean>`lower(user_emails.email) = lower(${email})`;
  const row = await tx
    .selectFrom('user_emails')
    .innerJoin('users', 'users.id', 'user_emails.user_id')
    .select(['users.id', isTrustedAddress.as('isTrusted'), sql<boolean>`(NOT user_emails.is_verified AND ${isUnproven})`.as('isUnproven')])
    .where(isIt)
    .where((where) =>
      where.or([where('user_emails.is_verified', '=', true), where(sql`lower(users.email)`, '=', sql`lower(user_emails.email)`)]),
    )
    .orderBy('user_emails.is_verified', 'desc')
    .executeTakeFirst();
  return row ? { userId: row.id, isTrusted: row.isTrusted, isUnproven: row.isUnproven } : null;
}

async function readLinkedInvite(tx: Tx, orgId: string, { memberId, token }: InviteLink): Promise<MemberRecord | null> {
  if (!isId(memberId) || !isTokenOf(await readInviteTokenHash(tx, orgId, memberId), token)) return null;
  const [invite = null] = await readMembers(tx, orgId, { ids: [memberId] });
  return invite?.detachedUser ? null : invite;
}

async function readTime(tx: Tx): Promise<string> {
  const { rows } = await sql<{ now: string }>`SELECT clock_timestamp() AS now`.execute(tx);
  return rows[0]!.now;
}
